import type { EvidenceRow, Finding } from '#contracts/call-record.ts'
import { measureBits } from '#contracts/interval-mask.ts'
import type { Direction } from './directions.ts'
import { groupBy } from './grouping.ts'
import { worstOf } from './interval-thresholds.ts'
import { mediaFindings } from './media-findings.ts'
import { formatDuration } from './reasons.ts'
import { lengthOf, longestOf, type Span, stretchesOf, totalMs } from './spans.ts'
import { reachesLimit } from './summarize-stream.ts'
import { type CallFacts, inOrder, type StreamView } from './views.ts'

/** Everything wrong in a call that is no measure of a stream, by type, then time. Only media findings touch its class. */
export function findingsOf(
  facts: CallFacts,
  views: readonly StreamView[],
  directions: readonly Direction[],
): readonly Finding[] {
  return [
    ...mediaFindings(facts, directions),
    ...lossBursts(facts, views),
    ...endedAfterPoorStretch(facts, views),
    ...clientLimits(facts, views),
    ...wrongClocks(views),
    ...failedSpans(facts.evidence),
    ...failedRecordings(facts),
  ]
}

/** The longest stretch of poor loss of each stream, unless loss is what the stream is like most of the time. */
function lossBursts({ profile }: CallFacts, views: readonly StreamView[]): readonly Finding[] {
  return onePerStream(views).flatMap(({ judged, key, ends }) => {
    const stretches = stretchesOf(judged.runs, (mask) => (mask & measureBits.loss.poor) !== 0)
    const longest = longestOf(stretches)
    const steady = totalMs(stretches) * 2 > judged.measuredMs
    if (longest === undefined || lengthOf(longest) < profile.lossBurstMs || steady) return []
    return [stated('loss_burst', key, longest, `loss burst of ${formatDuration(lengthOf(longest))}, ${ends.label}`)]
  })
}

function endedAfterPoorStretch(
  { endedMs, endedBy, asOfMs, profile }: CallFacts,
  views: readonly StreamView[],
): readonly Finding[] {
  if (endedMs === undefined || endedMs > asOfMs) return []
  const { withinMs, stretchMs } = profile.endedAfterPoor
  const last = views
    .flatMap(({ judged, key, ends }) => {
      const stretches = stretchesOf(judged.runs, (mask) => worstOf(mask) === 2)
      const near = stretches.filter(
        (span) => lengthOf(span) >= stretchMs && span.fromMs < endedMs && span.toMs >= endedMs - withinMs,
      )
      return near.map((span) => ({ span, key, ends }))
    })
    .sort((a, b) => b.span.toMs - a.span.toMs || lengthOf(b.span) - lengthOf(a.span) || (a.key < b.key ? -1 : 1))[0]
  if (last === undefined) return []
  const afterMs = Math.max(0, endedMs - last.span.toMs)
  const text = `ended ${formatDuration(afterMs)} after a poor stretch of ${formatDuration(lengthOf(last.span))}, ${last.ends.label}, by ${endedBy ?? 'unknown'}`
  return [stated('ended_after_poor_stretch', last.key, last.span, text)]
}

/** A client that its processor or its uplink held back, for as long as would make a stream bad. */
function clientLimits({ profile }: CallFacts, views: readonly StreamView[]): readonly Finding[] {
  return views.flatMap(({ digest, key, ends, judged }) =>
    (['cpu', 'bandwidth'] as const).flatMap((limit) => {
      const ms = limit === 'cpu' ? digest.cpuLimitedMs : digest.bandwidthLimitedMs
      if (!reachesLimit({ ms, longestMs: ms }, Math.max(judged.measuredMs, digest.measuredMs), profile)) return []
      const text = `client limited by ${limit} for ${formatDuration(ms)}, ${ends.label}`
      return [stated('client_limited', key, { fromMs: digest.firstMs, toMs: digest.lastMs }, text)]
    }),
  )
}

/** A view whose clock the call's own times show to be off, one for each source: its bad time counts all the same. */
function wrongClocks(views: readonly StreamView[]): readonly Finding[] {
  const off = views.filter(({ clockAheadMs }) => clockAheadMs !== 0)
  return [...groupBy(off, ({ digest }) => `${digest.observer} ${digest.source}`).values()].flatMap((own) => {
    const [most] = [...own].sort(
      (a, b) => Math.abs(b.clockAheadMs) - Math.abs(a.clockAheadMs) || (a.key < b.key ? -1 : 1),
    )
    if (most === undefined) return []
    const { digest, key, clockAheadMs } = most
    const by = `${formatDuration(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the call's events`
    const span = { fromMs: digest.firstMs, toMs: digest.lastMs }
    return [stated('clock_skew', key, span, `the clock of the ${digest.observer.replace('_', ' ')} is at least ${by}`)]
  })
}

/** One finding per service, so that a retry loop does not fill the page. */
function failedSpans(evidence: readonly EvidenceRow[]): readonly Finding[] {
  const failed = evidence.filter(({ reason }) => reason === 'span_failed')
  const byService = groupBy(failed, ({ service }) => service)
  return [...byService.keys()].sort().flatMap((service) => {
    const spans = [...(byService.get(service) ?? [])].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))
    const [first, last] = [spans[0], spans.at(-1)]
    if (first === undefined || last === undefined) return []
    const detail = first.detail === '' ? '' : `: ${first.detail}`
    const more = spans.length === 1 ? '' : `, ${spans.length} in all`
    const span = { fromMs: first.atMs, toMs: last.atMs + last.durationMs }
    return [stated('platform_span_failed', undefined, span, `${service} ${first.name} failed${detail}${more}`)]
  })
}

function failedRecordings({ events }: CallFacts): readonly Finding[] {
  return inOrder(events)
    .filter(({ type }) => type === 'call.recording_failed')
    .map(({ atMs, data }) => {
      const error = typeof data.error === 'string' ? `: ${data.error}` : ''
      return stated('recording_failed', undefined, { fromMs: atMs, toMs: atMs }, `recording failed${error}`)
    })
}

/** The most believed view of each stream. */
function onePerStream(views: readonly StreamView[]): readonly StreamView[] {
  return views.filter(({ chosen }) => chosen)
}

function stated(type: Finding['type'], stream: string | undefined, { fromMs, toMs }: Span, text: string): Finding {
  return { type, severity: 'none', stream, fromMs, toMs, text }
}
