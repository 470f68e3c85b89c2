import { useMemo } from 'preact/hooks'
import type { CallClass, Timeline } from '../api-types.ts'
import { count, duration, timeSpan } from '../format.ts'
import { t } from '../messages.ts'
import { go } from '../router.ts'
import { useStore } from '../store.ts'
import { colourOf, colours } from '../theme.ts'
import { Canvas } from '../ui/canvas.tsx'
import { Skeleton, Stale } from '../ui/states.tsx'
import type { Loaded } from '../use-loaded.ts'
import { addressOf, changed, classes, type Filters } from './filters.ts'
import { countsOf, paintStrip, peakOf, type Selection, type StripColours, spanOf } from './strip-bars.ts'
import { useSelection } from './use-selection.ts'

interface StripProps {
  readonly filters: Filters
  readonly timeline: Loaded<Timeline>
}

const heightPx = 92

/** Calls over time by class; selecting in it narrows the list. */
export function Strip({ filters, timeline: { value, atMs, error, again } }: StripProps) {
  if (value !== undefined && value.buckets.length > 0)
    return (
      <>
        {error !== undefined && atMs !== undefined && <Stale sinceMs={atMs} />}
        <Bars filters={filters} timeline={value} />
      </>
    )
  return (
    <section class="panel strip" aria-label={t('strip.label')}>
      {error === undefined ? <Skeleton lines={1} height={heightPx} /> : <StripFailed retry={again} />}
    </section>
  )
}

/** One line: the list below says what exactly went wrong. */
const StripFailed = ({ retry }: { readonly retry: () => void }) => (
  <p class="strip-failed" role="alert">
    {t('state.failed')}
    <button type="button" class="button" onClick={retry}>
      {t('state.retry')}
    </button>
  </p>
)

function Bars({ filters, timeline }: { readonly filters: Filters; readonly timeline: Timeline }) {
  const { buckets } = timeline
  const narrow = (selection: Selection): void => {
    const { fromMs, untilMs } = spanOf(timeline, selection)
    go(addressOf(changed(filters, { since: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() })))
  }
  const { at, selection, on } = useSelection(buckets.length, narrow)
  const looked = selection ?? (at === undefined ? undefined : { from: at, to: at })
  const everything = { from: 0, to: buckets.length - 1 }
  const shown = looked ?? everything
  return (
    <section class="panel strip" aria-label={t('strip.label')}>
      <div class="strip-head">
        <Legend counts={countsOf(timeline, shown)} />
        <p class="strip-span muted">
          {timeSpan(...spanArgs(timeline, shown))}
          {looked === undefined && peakOf(timeline) > 0 && <span class="strip-note">{noteText(timeline)}</span>}
          <BackToAll filters={filters} />
        </p>
      </div>
      {/* A slider: the one focusable widget whose value is where it stands and which screen readers read out as it moves. */}
      <div
        class="strip-bars"
        role="slider"
        tabIndex={0}
        aria-label={`${t('strip.label')}. ${t('strip.help')}`}
        aria-valuemin={0}
        aria-valuemax={buckets.length - 1}
        aria-valuenow={at ?? buckets.length - 1}
        aria-valuetext={spokenText(timeline, shown, selection !== undefined)}
        {...on}
      >
        <StripCanvas timeline={timeline} at={at} selection={selection} />
      </div>
    </section>
  )
}

interface StripCanvasProps {
  readonly timeline: Timeline
  readonly at: number | undefined
  readonly selection: Selection | undefined
}

function StripCanvas({ timeline, at, selection }: StripCanvasProps) {
  const seen = useStore(colours)
  const paints = useMemo(stripColours, [seen])
  return <Canvas heightPx={heightPx} paint={(room) => paintStrip(room, { timeline, selection, at, colours: paints })} />
}

const stripColours = (): StripColours => ({
  poor: colourOf('poor-area'),
  degraded: colourOf('degraded-area'),
  good: colourOf('good-area'),
  unclassified: colourOf('unclassified-area'),
  text: colourOf('muted'),
  line: colourOf('line'),
  accent: colourOf('accent'),
  unmeasured: colourOf('line-strong'),
})

const Legend = ({ counts }: { readonly counts: Readonly<Record<CallClass, number>> }) => (
  <ul class="plain legend">
    {classes.map((name) => (
      <li key={name}>
        <span class={`swatch swatch-${name}`} aria-hidden="true" />
        {t(`class.${name}`)} <strong>{count(counts[name])}</strong>
      </li>
    ))}
  </ul>
)

const spanArgs = (timeline: Timeline, selection: Selection): readonly [number, number] => {
  const { fromMs, untilMs } = spanOf(timeline, selection)
  return [fromMs, untilMs]
}

const noteText = (timeline: Timeline): string =>
  ['', t('strip.peak', { n: peakOf(timeline), bucket: duration(timeline.bucketMs) }), t('strip.hint')].join(' · ')

function spokenText(timeline: Timeline, selection: Selection, chosen: boolean): string {
  const counts = countsOf(timeline, selection)
  const total = classes.reduce((sum, name) => sum + counts[name], 0)
  const said = { span: timeSpan(...spanArgs(timeline, selection)), total, ...counts }
  return chosen ? t('strip.selected', said) : t('strip.bar', said)
}

function BackToAll({ filters }: { readonly filters: Filters }) {
  if (filters.since === undefined && filters.until === undefined) return null
  const all = addressOf(changed(filters, { since: undefined, until: undefined }))
  return (
    <a class="strip-back" href={all}>
      {t('strip.back')}
    </a>
  )
}
