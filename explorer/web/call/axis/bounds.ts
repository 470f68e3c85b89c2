import type { CallRecord } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import { msOfNanos } from '../story/telemetry.ts'
import type { Range } from './range.ts'

/** A call that is one instant long still gets an axis. */
const leastHomeMs = 2_000
const stillHeardMs = 5 * 60_000

/**
 * From the first to the last thing that signalling says. Media adds to it only while the end is not known: an observer
 * whose clock is off must not stretch the axis of all others.
 */
export function homeOf(record: CallRecord, nowMs: number): Range {
  const { startedMs, answeredMs, endedMs, legs, events } = record
  const known = [
    ...[startedMs, answeredMs, endedMs ?? lastHeardMs(record, nowMs)],
    ...legs.flatMap(({ addedMs, endedMs: leftMs }) => [addedMs, leftMs]),
    ...events.map(({ atMs }) => atMs),
  ].filter((at) => typeof at === 'number')
  return padded(rangeOf(known))
}

/** As above with all that was measured, logs and spans, which may begin before and end long after. */
export function boundsOf({ record, logs, spans }: WholeCall, nowMs: number): Range {
  const home = homeOf(record, nowMs)
  const told = [
    ...record.streams.flatMap(({ fromMs, toMs }) => [fromMs, toMs]),
    ...logs.map(({ timeUnixNano }) => msOfNanos(timeUnixNano)),
    ...spans.flatMap(({ startTimeUnixNano, endTimeUnixNano }) => [
      msOfNanos(startTimeUnixNano),
      msOfNanos(endTimeUnixNano),
    ]),
  ]
  return told.length === 0 ? home : padded(rangeOf([home.fromMs, home.toMs, ...told]))
}

/** An open call reaches to now, unless it was last heard of so long ago that the axis would be empty. */
function lastHeardMs({ state, events, streams, startedMs }: CallRecord, nowMs: number): number {
  const last = rangeOf([startedMs, ...events.map(({ atMs }) => atMs), ...streams.map(({ toMs }) => toMs)]).toMs
  return state === 'open' && nowMs - last < stillHeardMs ? Math.max(nowMs, last) : last
}

/** Not Math.min(...values): twenty thousand arguments are too many for some browsers. */
function rangeOf(values: readonly number[]): Range {
  const start = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }
  return values.reduce<Range>(
    ({ fromMs, toMs }, value) => ({ fromMs: Math.min(fromMs, value), toMs: Math.max(toMs, value) }),
    start,
  )
}

/** A little air, so that what happens first and last does not stick to the edge. */
function padded({ fromMs, toMs }: Range): Range {
  const airMs = Math.max(toMs - fromMs, leastHomeMs) * 0.015
  return { fromMs: fromMs - airMs, toMs: Math.max(toMs, fromMs + leastHomeMs) + airMs }
}
