import { useMemo } from 'preact/hooks'
import type { CallSamples } from '#explorer/web/api-types.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import { Icon } from '#explorer/web/ui/icons.tsx'
import { createMeasureLane } from '../lanes/measure-lane.ts'
import { createRibbonLane, ribbonHeightPx } from '../lanes/ribbon-lane.ts'
import { limitsOf } from '../media/limits.ts'
import { type Measure, measures } from '../media/measures.ts'
import type { StreamViews, View } from '../media/views.ts'
import { toldDuration } from '../story/figures.ts'
import { laneIds } from '../story/lane-ids.ts'
import { arrowOf, partiesOf, shortId } from '../story/parties.ts'
import { chartSummary } from '../story/summaries.ts'
import { LaneRow } from './lane-row.tsx'
import { StreamBadge } from './stream-badge.tsx'

interface BlockProps {
  readonly group: StreamViews
  readonly thresholds: CallSamples['thresholds'] | undefined
  /** Ids of views that are unfolded. */
  readonly open: ReadonlySet<string>
  readonly toggle: (view: string) => void
}

/** One stream: what the observer that counts saw of it, and beside it the others, folded up. */
export const StreamBlock = ({ group: { chosen, others }, thresholds, open, toggle }: BlockProps) => (
  <div class="stream-block">
    <ViewLanes view={chosen} thresholds={thresholds} isOpen={open.has(chosen.id)} toggle={toggle} />
    {others.map((view) => (
      <ViewLanes key={view.id} view={view} thresholds={thresholds} isOpen={open.has(view.id)} toggle={toggle} beside />
    ))}
  </div>
)

interface ViewProps {
  readonly view: View
  readonly thresholds: CallSamples['thresholds'] | undefined
  readonly isOpen: boolean
  readonly toggle: (view: string) => void
  readonly beside?: boolean
}

function ViewLanes({ view, thresholds, isOpen, toggle, beside = false }: ViewProps) {
  const { columns, stream } = view
  const ribbon = useMemo(() => createRibbonLane(view), [view])
  const known = useMemo(() => measures.filter(({ name }) => isKnown(columns.values[name])), [columns])
  const missing = measures.filter(
    (measure) => !known.includes(measure) && !(stream.kind === 'video' && isSoundOnly(measure)),
  )
  return (
    <div class={`view${beside ? ' view-beside' : ''}`}>
      <ViewTitle view={view} isOpen={isOpen} toggle={toggle} beside={beside} />
      {columns.endMs.length > 0 && (
        <LaneRow
          id={laneIds.ribbon(view.id)}
          kind="ribbon"
          make={ribbon}
          title={t('call.lane.ribbon')}
          name={nameOf(view, t('call.lane.ribbon'))}
          summary={viewSummary(view)}
          heightPx={ribbonHeightPx}
        />
      )}
      {isOpen &&
        known.map((measure) => <MeasureRow key={measure.name} view={view} measure={measure} thresholds={thresholds} />)}
      {isOpen && columns.endMs.length === 0 && <p class="view-note">{t('call.stream.nothing')}</p>}
      {isOpen && columns.endMs.length > 0 && missing.length > 0 && (
        <p class="view-note">
          {t('call.stream.notMeasured', { measures: missing.map(({ name }) => t(`measure.${name}`)).join(', ') })}
        </p>
      )}
    </div>
  )
}

const isKnown = (values: Float64Array): boolean => values.some((value) => !Number.isNaN(value))
const isSoundOnly = ({ name }: Measure): boolean => name === 'mos' || name === 'concealment'

interface MeasureRowProps {
  readonly view: View
  readonly measure: Measure
  readonly thresholds: CallSamples['thresholds'] | undefined
}

function MeasureRow({ view, measure, thresholds }: MeasureRowProps) {
  const limits = limitsOf(view, measure, thresholds)
  // By what they are, not by which answer they came in: a chart is not built anew because the page was brought up to date.
  const make = useMemo(() => createMeasureLane(view, measure, limits), [view, measure, limits?.degraded, limits?.poor])
  const word = measure.name === 'mos' ? (view.mosName ?? 'MOS') : t(`measure.${measure.name}`)
  const isUngrounded = measure.name === 'mos' && !view.grounded
  return (
    <LaneRow
      id={laneIds.measure(view.id, measure.name)}
      kind="measure"
      make={make}
      title={
        isUngrounded ? (
          <>
            {word} <span class="muted">{t('call.mos.ungrounded')}</span>
          </>
        ) : (
          word
        )
      }
      name={nameOf(view, word)}
      summary={chartSummary(view, measure)}
      heightPx={measure.heightPx}
    />
  )
}

function ViewTitle({ view, isOpen, toggle, beside }: Required<Omit<ViewProps, 'thresholds'>>) {
  const { stream } = view
  return (
    <h3 class="view-title">
      <button type="button" class="view-toggle" aria-expanded={isOpen} onClick={() => toggle(view.id)}>
        <span class={`fold${isOpen ? ' fold-open' : ''}`}>
          <Icon name="down" size={14} />
        </span>
        {!beside && <span class="view-name">{titleOf(view)}</span>}
        <span class={beside ? 'view-name' : 'muted'}>{tIfKnown('call.observer', stream.observer)}</span>
        {!beside && <span class="muted view-place">{placeOf(view)}</span>}
      </button>
      <StreamBadge stream={stream} />
      <span class="muted view-facts">{factsOf(view).join(' · ')}</span>
    </h3>
  )
}

const titleOf = ({ stream }: View): string =>
  stream.kind === 'video' ? `${arrowOf(stream.label)}, ${t('call.kind.video')}` : arrowOf(stream.label)

function placeOf({ stream }: View): string {
  const { speaker, hearer } = partiesOf(stream.label)
  return t(`call.place.${stream.direction}`, { party: stream.direction === 'send' ? speaker : hearer })
}

function factsOf({ stream, codecRows, band }: View): readonly string[] {
  const badMs = stream.degradedMs + stream.poorMs
  const { longestPoorMs } = stream
  return [
    ...(stream.streamId === '' ? [] : [shortId(stream.streamId)]),
    ...(stream.source ? [stream.source] : []),
    ...(stream.scope === 'call' ? [t('call.stream.wholeCall')] : []),
    ...(stream.chosen ? [t('call.stream.counts')] : []),
    ...(badMs > 0 ? [t('call.stream.bad', { time: toldDuration(badMs) })] : []),
    ...(longestPoorMs > 0 ? [t('call.stream.longest', { time: toldDuration(longestPoorMs) })] : []),
    ...(band === undefined ? [] : [t(`call.band.${band}`)]),
    ...codecRows.map(({ row, grounded }) => t(grounded ? 'call.stream.grounded' : 'call.stream.ungrounded', { row })),
  ]
}

const nameOf = (view: View, lane: string): string =>
  t('call.lane.of', { lane, stream: titleOf(view), observer: tIfKnown('call.observer', view.stream.observer) })

const viewSummary = (view: View): string =>
  [t(`class.${view.stream.class}`), t('call.stream.measured', { time: toldDuration(view.stream.measuredMs) })].join(
    ', ',
  )
