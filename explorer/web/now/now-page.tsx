import { useEffect, useRef } from 'preact/hooks'
import { getJson } from '../api.ts'
import type { Facets, Now } from '../api-types.ts'
import { clock, clockSeconds, duration, utc } from '../format.ts'
import { openLive } from '../live.ts'
import { t } from '../messages.ts'
import { go, place } from '../router.ts'
import { useLink } from '../shell/connection.tsx'
import { useStore } from '../store.ts'
import { Empty, Failure, Skeleton, Stale } from '../ui/states.tsx'
import { type Loaded, useLoaded } from '../use-loaded.ts'
import { now as nowMs } from '../world.ts'
import { blindSpans } from './blind.ts'
import { BlindNote } from './blind-note.tsx'
import { Heatmap } from './heatmap.tsx'
import { Tiles } from './tiles.tsx'
import { Worst } from './worst.tsx'

const windows = [15, 60, 180, 360] as const
const refreshMs = 10_000

interface View {
  readonly minutes: number
  readonly tenant: string | undefined
}

/** How it is going, over the last while. Which while, and whose, is in the address. */
export function NowPage() {
  const view = readView(useStore(place).query)
  const loaded = useLoaded<Now>(`${view.minutes} ${view.tenant}`, (signal) => getJson('/api/now', view, signal))
  const tenants = useLoaded<Facets>('tenants', (signal) => getJson('/api/calls/facets', { since: '30d' }, signal))
  useRefresh(view, loaded)
  useEffect(() => {
    document.title = `${t('now.title')} · callscope`
  }, [])
  return (
    <div class="now">
      <div class="now-head">
        <h1>{t('now.title')}</h1>
        <Choices view={view} tenants={(tenants.value?.facets.tenant ?? []).map(({ value }) => value)} />
        <Complete now={loaded.value} />
      </div>
      <Figures view={view} loaded={loaded} />
    </div>
  )
}

function readView(query: string): View {
  const params = new URLSearchParams(query)
  const minutes = windows.find((one) => String(one) === params.get('minutes')) ?? 60
  return { minutes, tenant: params.get('tenant') || undefined }
}

/** Every ten seconds, by the server's own ticks where they come; never while nobody looks. */
function useRefresh({ tenant }: View, loaded: Loaded<Now>): void {
  const latest = useRef(loaded)
  latest.current = loaded
  useEffect(() => {
    const look = (): void => {
      const { atMs = 0, loading, again } = latest.current
      if (!loading && !document.hidden && nowMs() - atMs >= refreshMs - 1_000) again()
    }
    const stream = openLive({ only: 'ticks', ...(tenant === undefined ? {} : { tenant }) }, { tick: look, reset: look })
    const timer = setInterval(look, refreshMs)
    document.addEventListener('visibilitychange', look)
    return () => {
      stream.close()
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [tenant])
}

function Choices({ view, tenants }: { readonly view: View; readonly tenants: readonly string[] }) {
  const choose = (next: View): void => {
    const { minutes, tenant } = next
    go(`/now?${new URLSearchParams({ minutes: String(minutes), ...(tenant === undefined ? {} : { tenant }) })}`)
  }
  const shown = view.tenant === undefined || tenants.includes(view.tenant) ? tenants : [...tenants, view.tenant]
  return (
    <>
      <label class="select">
        <span>{t('now.window')}</span>
        <select
          value={view.minutes}
          onChange={({ currentTarget }) => choose({ ...view, minutes: Number(currentTarget.value) })}
        >
          {windows.map((minutes) => (
            <option key={minutes} value={minutes}>
              {minutes < 60 ? t('now.window.minutes', { n: minutes }) : t('now.window.hours', { n: minutes / 60 })}
            </option>
          ))}
        </select>
      </label>
      {shown.length > 1 && (
        <label class={`select${view.tenant === undefined ? '' : ' select-chosen'}`}>
          <span>{t('calls.tenant')}</span>
          <select
            value={view.tenant ?? ''}
            onChange={({ currentTarget }) => choose({ ...view, tenant: currentTarget.value || undefined })}
          >
            <option value="">{t('filters.any')}</option>
            {shown.map((tenant) => (
              <option key={tenant} value={tenant}>
                {tenant}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  )
}

/** Always shown: a figure that is not complete is no good news. */
function Complete({ now }: { readonly now: Now | undefined }) {
  if (now === undefined) return null
  const { completeUntilMs, nowMs: askedMs } = now
  if (completeUntilMs === undefined) return <p class="now-complete">{t('now.complete.unknown')}</p>
  return (
    <p class="now-complete" title={`${utc(completeUntilMs)}. ${t('calls.complete.why')}`}>
      {t('now.complete', {
        time: clockSeconds(completeUntilMs),
        ago: duration(Math.max(0, askedMs - completeUntilMs)),
      })}
      <span class="muted"> · {t('now.asOf', { time: clock(askedMs) })}</span>
    </p>
  )
}

function Figures({ view, loaded }: { readonly view: View; readonly loaded: Loaded<Now> }) {
  const link = useLink()
  const { value, atMs, error, again } = loaded
  if (value === undefined || atMs === undefined)
    return error === undefined ? <Skeleton lines={4} height={96} /> : <Failure error={error} retry={again} />
  const isStale = link.type === 'gone' || error !== undefined
  const blind = blindSpans(value.blind)
  const quiet = value.startedCalls === 0 && value.activeCalls === 0 && value.scales.length === 0
  return (
    <>
      {isStale && <Stale sinceMs={atMs} />}
      <BlindNote spans={blind} />
      <Tiles now={value} windowMinutes={view.minutes} tenant={view.tenant} />
      {quiet ? (
        <Empty title={t('now.quiet')}>
          <p>{t('now.quiet.why')}</p>
        </Empty>
      ) : (
        <>
          <div class="heats">
            {value.scales.map((scale) => (
              <Heatmap key={scale.name} {...{ scale, blind }} tenant={view.tenant} fromMs={value.fromMs} />
            ))}
            {value.scales.length === 0 && <p class="muted">{t('now.heatmap.empty')}</p>}
          </div>
          <Worst now={value} minutes={view.minutes} tenant={view.tenant} />
        </>
      )}
    </>
  )
}
