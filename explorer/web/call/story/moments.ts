import type { CallRecord, EvidenceRow, Finding, Reason } from '#contracts/call-record.ts'
import { lengthOf, type Range } from '../axis/range.ts'
import { worstStretch } from '../media/stretches.ts'
import type { View } from '../media/views.ts'
import { laneIds } from './lane-ids.ts'

/** Where a piece of evidence is on the page: when, and in which lane. */
export interface Moment {
  readonly range: Range
  readonly lane: string
  /** The block to unfold, so that the lane can be seen. */
  readonly view: string | undefined
}

/** The longest time the measure was bad, in the view that saw most of it. Without samples: all of the stream. */
export function momentOfReason({ stream, measure, severity }: Reason, views: readonly View[]): Moment | undefined {
  const own = views.filter((view) => view.stream.key === stream)
  const seen = own.flatMap((view) => {
    const range = worstStretch(view.columns, measure, severity)
    return range === undefined ? [] : [{ view, range }]
  })
  const best = seen.sort(
    (a, b) => Number(b.view.stream.chosen) - Number(a.view.stream.chosen) || lengthOf(b.range) - lengthOf(a.range),
  )[0]
  const view = best?.view ?? own[0]
  if (view === undefined) return undefined
  const range = best?.range ?? { fromMs: view.stream.fromMs, toMs: view.stream.toMs }
  const isDrawn = view.columns.values[measure].some((value) => !Number.isNaN(value))
  return { range, lane: isDrawn ? laneIds.measure(view.id, measure) : laneIds.ribbon(view.id), view: view.id }
}

export function momentOfFinding(finding: Finding, { record, views }: Known): Moment | undefined {
  const { type, stream, fromMs, toMs } = finding
  if (typeof fromMs !== 'number') return undefined
  const range = { fromMs, toMs: Math.max(fromMs, toMs ?? fromMs) }
  if (type === 'platform_span_failed') return { range, lane: laneIds.spans, view: undefined }
  if (type === 'recording_failed') return { range, lane: laneIds.rung(''), view: undefined }
  const view =
    views.find((one) => one.stream.key === stream && one.stream.chosen) ??
    views.find((one) => one.stream.key === stream)
  if (view === undefined) return { range, lane: laneIds.rung(record.legs[0]?.legId ?? ''), view: undefined }
  const hasLoss = view.columns.values.loss.some((value) => !Number.isNaN(value))
  const lane = type === 'loss_burst' && hasLoss ? laneIds.measure(view.id, 'loss') : laneIds.ribbon(view.id)
  return { range, lane, view: view.id }
}

export function momentOfEvidence({ kind, atMs, durationMs }: EvidenceRow): Moment {
  const range = { fromMs: atMs, toMs: atMs + Math.max(0, durationMs) }
  return { range, lane: kind === 'span' ? laneIds.spans : laneIds.logs, view: undefined }
}

interface Known {
  readonly record: CallRecord
  readonly views: readonly View[]
}

/**
 * What speaks for whose side it is, is told in words by the rule that fired. Where they name spans, those are shown;
 * where they name a direction or an end, what went bad there; otherwise the first reason.
 */
export function momentOfBecause(because: string, known: Known): Moment | undefined {
  const { record, views } = known
  if (because.startsWith('spans ')) {
    const span = record.evidence.find(({ kind }) => kind === 'span')
    return span === undefined ? undefined : momentOfEvidence(span)
  }
  const { reasons, findings } = record.verdict
  const end = /^(\w+): /.exec(because)?.[1]
  const isNamed = (direction: string): boolean =>
    because.includes(direction) || (end !== undefined && direction.includes(end))
  const reason = reasons.find(({ direction }) => isNamed(direction)) ?? reasons[0]
  if (reason !== undefined) return momentOfReason(reason, views)
  const finding = findings.find(({ stream }) => stream !== undefined && stream !== null)
  return finding === undefined ? undefined : momentOfFinding(finding, known)
}
