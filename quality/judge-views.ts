import type { CallClass, EpochMs, Run, StreamDigest } from '#contracts/call-record.ts'
import { groupBy } from './grouping.ts'
import type { QualityProfile } from './profile.ts'
import { contiguousMs, hasMedia, lengthOfRuns, type Span, spansOfRuns, union, within, without } from './spans.ts'
import { scopeRank, sourceKeyOf } from './streams.ts'
import { type JudgedStream, judgedRunsOf, judgeRuns, nothingMeasured } from './summarize-stream.ts'

/** When a call was, as far as known: what its views are judged within. */
export interface CallTime {
  readonly startedMs: EpochMs
  readonly answeredMs?: EpochMs | undefined
  readonly endedMs?: EpochMs | undefined
}

/** One view as it is judged, and by how much its clock is off where the call's times show that it is. */
export interface JudgedView {
  readonly judged: JudgedStream
  /** Milliseconds that the observer's clock is ahead of the call's at least (negative: behind); 0: nothing shows. */
  readonly clockAheadMs: number
}

/**
 * Judges the views of a call, one digest each. Samples of one source count in this order:
 *
 * - A view is judged by its time between the call's start and its end. Time before the start can be no call's: the clock
 *   that says so is wrong, and what was bad then counts all the same, so that a clock that is off hides nothing. Time after
 *   the end is judged only where media still flowed then and the view fits into the call when its clock is put right;
 *   else it tells of a path that was torn down.
 * - A report on the whole call counts for the time that no finer sample of its source covers, as a share of all that the
 *   source measured. Running counters count whole: beside intervals of the same time, either may say that it was bad.
 * - Of all readings that this leaves the worst is the verdict: what is measured of a time that is measured already, and
 *   what a coarser report says, may show a call to be worse, and never better.
 */
export function judgeViews(
  digests: readonly StreamDigest[],
  time: CallTime,
  profile: QualityProfile,
): ReadonlyMap<StreamDigest, JudgedView> {
  const judged = new Map<StreamDigest, JudgedView>()
  for (const own of groupBy(digests, sourceKeyOf).values()) {
    for (const [digest, view] of judgeSource(own, time, profile)) judged.set(digest, view)
  }
  return judged
}

/** A digest's runs that can be judged, by where they lie. */
interface Placed {
  readonly digest: StreamDigest
  /** From the start of the call to its end. */
  readonly inside: readonly Run[]
  /** The same with what a wrong clock has put before the start, or after the end. */
  readonly widened: readonly (readonly Run[])[]
  readonly clockAheadMs: number
}

function judgeSource(
  digests: readonly StreamDigest[],
  time: CallTime,
  profile: QualityProfile,
): readonly (readonly [StreamDigest, JudgedView])[] {
  const placed = digests.map((digest) => place(digest, judgedRunsOf(digest, profile), time))
  const finer = placed.filter(({ digest }) => digest.scope !== 'call')
  const reports = placed.filter(({ digest }) => digest.scope === 'call')
  const covered = union(finer.flatMap(({ digest }) => spansOfRuns(digest.runs)))
  const coveredMs = lengthOfRuns(asRuns(spansOfRuns(finer.flatMap(({ inside }) => inside))))
  const rests = reports.map((report) => {
    const rest = without(report.inside, covered)
    const readings =
      coveredMs === 0
        ? [report.inside, ...report.widened].map((runs) => judgeRuns(runs, profile))
        : [judgeRuns(rest, profile, coveredMs + lengthOfRuns(rest))]
    return { report, rest, judged: worstOf(readings) }
  })
  const fine = finer.map((view) => ({
    view,
    judged: worstOf([view.inside, ...view.widened].map((runs) => judgeRuns(runs, profile))),
  }))
  const [finest] = [...fine].sort((a, b) => scopeRank(a.view.digest) - scopeRank(b.view.digest))
  // Bad time of the finest view and that of the reports' rest may only together be a share that counts.
  const both = finest === undefined ? [] : inOrder([...finest.view.inside, ...rests.flatMap(({ rest }) => rest)])
  const together = judgeRuns(both, profile)
  const alone = worstOf([...fine, ...rests].map(({ judged }) => judged))
  const isMore = finest !== undefined && badness[together.class] > badness[alone.class]
  return [
    ...fine.map(({ view, judged }) => judgedOf(view, isMore && view === finest.view ? together : judged)),
    ...rests.map(({ report, judged }) => judgedOf(report, judged)),
  ]
}

const asRuns = (spans: readonly Span[]): readonly Run[] => spans.map(({ fromMs, toMs }): Run => [fromMs, toMs, 0])

const inOrder = (runs: readonly Run[]): readonly Run[] => [...runs].sort((a, b) => a[0] - b[0] || a[1] - b[1])

const badness: Readonly<Record<CallClass, number>> = { unclassified: 0, good: 1, degraded: 2, poor: 3 }

/** The worst reading; of equally bad ones the first. */
const worstOf = (readings: readonly JudgedStream[]): JudgedStream =>
  readings.reduce(
    (worst, one) => (badness[one.class] > badness[worst.class] ? one : worst),
    readings[0] ?? nothingMeasured,
  )

const judgedOf = ({ digest, clockAheadMs }: Placed, judged: JudgedStream) => [digest, { judged, clockAheadMs }] as const

function place(
  digest: StreamDigest,
  runs: readonly Run[],
  { startedMs, answeredMs = startedMs, endedMs }: CallTime,
): Placed {
  const untilMs = endedMs ?? Number.POSITIVE_INFINITY
  if (runs.every(([fromMs, toMs]) => fromMs >= startedMs && toMs <= untilMs))
    return { digest, inside: runs, widened: [], clockAheadMs: 0 }
  const between = (fromMs: number, toMs: number) => within(runs, [{ fromMs, toMs }])
  const inside = between(startedMs, untilMs)
  const [early] = runs.filter(([, toMs]) => toMs <= startedMs)
  const lastMs = lastThatFits(runs, { startedMs, answeredMs, endedMs: untilMs })
  return {
    ...{ digest, inside },
    widened: [
      ...(early === undefined ? [] : [between(Number.NEGATIVE_INFINITY, untilMs)]),
      ...(lastMs === undefined ? [] : [between(startedMs, lastMs)]),
    ],
    clockAheadMs: early !== undefined ? early[0] - startedMs : lastMs === undefined ? 0 : lastMs - untilMs,
  }
}

/**
 * The last end of an interval beyond the end of the call that only a clock which is ahead explains: media flowed in an
 * interval that began after the end, and the view up to there, moved back by as much, lies within the talk.
 */
function lastThatFits(
  runs: readonly Run[],
  { startedMs, answeredMs, endedMs }: Required<CallTime>,
): EpochMs | undefined {
  const firstMs = runs.find(([fromMs]) => fromMs >= startedMs)?.[0]
  if (firstMs === undefined || answeredMs === undefined || endedMs === undefined) return undefined
  const roomMs = firstMs - answeredMs + contiguousMs
  return runs.findLast(
    ([fromMs, toMs, mask]) => fromMs >= endedMs + contiguousMs && hasMedia(mask) && toMs - endedMs <= roomMs,
  )?.[1]
}
