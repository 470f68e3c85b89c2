import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { WholeCall } from '#contracts/warehouse.ts'
import { t } from '../messages.ts'
import { now } from '../world.ts'
import { rangeInAddress, withRange } from './axis/address.ts'
import { type Axis, createAxis } from './axis/axis.ts'
import { boundsOf, homeOf } from './axis/bounds.ts'
import { around, isSame, type Range } from './axis/range.ts'
import type { CallAnswer } from './load-call.ts'
import { firstOpen, type View, viewsOf } from './media/views.ts'
import { CallDetails } from './parts/call-details.tsx'
import { CallHeader } from './parts/call-header.tsx'
import { EventsTable } from './parts/events-table.tsx'
import { ExportButton } from './parts/export-button.tsx'
import { RawJson } from './parts/raw-json.tsx'
import { onRest } from './parts/stack-context.ts'
import { StreamsTable } from './parts/streams-table.tsx'
import { TelemetryTable } from './parts/telemetry-table.tsx'
import { Timeline } from './parts/timeline.tsx'
import { Verdict } from './parts/verdict.tsx'
import type { Moment } from './story/moments.ts'
import { telemetryNotes } from './story/telemetry-state.ts'

/** One call from its verdict down to its raw record. */
export function CallView({ answer }: { readonly answer: CallAnswer }) {
  const { whole, samples } = answer
  const { record, logs, spans } = whole
  const views = useMemo(() => viewsOf(whole, samples), [whole, samples])
  const extent = useMemo(() => extentOf(whole), [whole])
  const axis = useAxis(extent)
  const { open, toggle, unfold } = useOpenViews(views)
  const show = useCallback(
    ({ range, lane, view }: Moment): void => {
      if (view !== undefined) unfold(view)
      axis.show(around(range, axis.bounds))
      axis.point(range.fromMs)
      axis.light(lane)
      requestAnimationFrame(() => requestAnimationFrame(() => scrollToLane(lane)))
    },
    [axis, unfold],
  )
  const parties = { from: record.from ?? t('call.somebody'), to: record.to ?? t('call.somebody') }
  const title = t('call.title', parties)
  useEffect(() => {
    document.title = `${title} · callscope`
  }, [title])
  return (
    <div class="call-page">
      <CallHeader whole={whole} actions={<ExportButton answer={answer} views={views} />} />
      <Verdict record={record} views={views} thresholds={samples?.thresholds} show={show} />
      <Timeline
        {...{ axis, whole, views, samples, open, toggle }}
        notes={[...notesOf(answer, views), ...telemetryNotes(whole)]}
        untilMs={extent.home.toMs}
      />
      <TelemetryTable axis={axis} logs={logs} spans={spans} />
      <StreamsTable views={views} />
      <CallDetails whole={whole} />
      <EventsTable record={record} activity={whole.activity} axis={axis} />
      <RawJson whole={whole} />
    </div>
  )
}

interface Extent {
  readonly home: Range
  readonly bounds: Range
}

const extentOf = (whole: WholeCall): Extent => ({
  home: homeOf(whole.record, now()),
  bounds: boundsOf(whole, now()),
})

/** One axis for as long as the page shows this call; the address follows it when it rests. */
function useAxis({ home, bounds }: Extent): Axis {
  const first = useRef<Axis>(undefined)
  const range = rangeInAddress(location.search)
  first.current ??= createAxis({ bounds, home, ...(range === undefined ? {} : { range }) })
  const axis = first.current
  useEffect(() => axis.extend(bounds, home), [axis, bounds, home])
  useEffect(() => {
    const path = location.pathname
    return onRest(axis, ({ range: shown, home }) => {
      // A page that has been left must not write into the address of the next.
      if (location.pathname !== path) return
      const search = withRange(location.search, isSame(shown, home) ? undefined : shown)
      // Not through the router: nothing else on the page depends on it.
      if (search !== location.search) history.replaceState(history.state, '', path + search)
    })
  }, [axis])
  return axis
}

function useOpenViews(views: readonly View[]) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => firstOpen(views))
  const toggle = useCallback(
    (view: string) => setOpen((before) => (before.has(view) ? without(before, view) : new Set([...before, view]))),
    [],
  )
  const unfold = useCallback((view: string) => setOpen((before) => new Set([...before, view])), [])
  return { open, toggle, unfold }
}

const without = (set: ReadonlySet<string>, gone: string): ReadonlySet<string> =>
  new Set([...set].filter((one) => one !== gone))

function notesOf({ samples, samplesError }: CallAnswer, views: readonly View[]): readonly string[] {
  if (samplesError !== undefined) return [t('call.timeline.samplesFailed', { why: samplesError.message })]
  const isByMinute = views.some(({ grain }) => grain === 'minutes')
  return [
    ...(samples?.truncated === true ? [t('call.timeline.truncated')] : []),
    ...(isByMinute ? [t('call.timeline.minutesOnly')] : []),
  ]
}

function scrollToLane(id: string): void {
  const lane = [...document.querySelectorAll<HTMLElement>('.lane')].find(({ dataset }) => dataset.lane === id)
  if (lane === undefined) return
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
  lane.scrollIntoView({ block: 'center', behavior: isCalm ? 'auto' : 'smooth' })
  lane.focus({ preventScroll: true })
}
