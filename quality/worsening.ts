import type { CallClass } from '#contracts/call-record.ts'
import { worstOf } from './interval-thresholds.ts'
import type { QualityProfile } from './profile.ts'
import { contiguousMs, lengthOf, stretchesOf } from './spans.ts'
import type { JudgedStream } from './summarize-stream.ts'
import { type CallFacts, viewsOf } from './views.ts'

/**
 * Least time of further bad samples, milliseconds, after which a stream known so far may be in a worse class than the call
 * is now; Infinity: there is no worse one. Less of it changes figures, but no class, so nobody need look at once. A stream
 * that nobody has reported yet has no part in it. The limits are those of docs/quality-model.md, section 4.
 */
export function worseAfterMs(facts: CallFacts, standing: CallClass): number {
  if (standing === 'poor') return Number.POSITIVE_INFINITY
  return viewsOf(facts)
    .filter(({ judged }) => judged.measuredMs > 0)
    .reduce(
      (least, { judged }) => Math.min(least, streamWorseAfterMs(judged, standing, facts.profile)),
      Number.POSITIVE_INFINITY,
    )
}

function streamWorseAfterMs(judged: JudgedStream, standing: CallClass, profile: QualityProfile): number {
  const { badShareBasisPoints: share, badStretchMs } = profile
  const isCounted = (mask: number) => worstOf(mask) > (standing === 'degraded' ? 1 : 0)
  const { ms } = standing === 'degraded' ? judged.poor : judged.bad
  // (ms + x) / (measured + x) reaches the share.
  const toShare = (share * judged.measuredMs - 10_000 * ms) / (10_000 - share)
  const [, lastMs = 0] = judged.runs.at(-1) ?? []
  const open = stretchesOf(judged.runs, isCounted).find(({ toMs }) => toMs === lastMs)
  // A small hole before the next sample counts into the stretch; others between samples still to come are not foreseen.
  const toStretch = badStretchMs - (open === undefined ? 0 : lengthOf(open) + contiguousMs)
  return Math.max(0, Math.min(Number.isNaN(toShare) ? 0 : toShare, toStretch))
}
