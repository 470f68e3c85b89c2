import type { Reason, Severity, StreamDigest } from '#contracts/call-record.ts'
import { type JudgedMeasure, judgedMeasures, measureBits } from '#contracts/interval-mask.ts'
import type { QualityProfile } from './profile.ts'
import { type BadTime, badTimeOf, meanMs, ratiosOf, reachesLimit } from './summarize-stream.ts'
import type { StreamView } from './views.ts'

interface MeasureTime {
  readonly measure: JudgedMeasure
  readonly poor: BadTime
  readonly bad: BadTime
}

/** Why streams have their classes: worst first, then in the order of judgedMeasures. One reason per stream and measure. */
export function reasonsOf(views: readonly StreamView[], profile: QualityProfile): readonly Reason[] {
  const kept = new Map<string, Reason>()
  for (const view of views) {
    for (const reason of reasonsOfView(view, profile)) {
      const slot = `${view.digest.legId === '' ? view.digest.correlationId : ''} ${reason.stream} ${reason.measure}`
      const known = kept.get(slot)
      // Views come most believed first; a less believed one replaces it only by seeing worse.
      if (known === undefined || (known.severity === 'degraded' && reason.severity === 'poor')) kept.set(slot, reason)
    }
  }
  return [...kept.values()].sort(compareReasons)
}

function compareReasons(a: Reason, b: Reason): number {
  const rank = ({ severity, measure }: Reason) => (severity === 'poor' ? 0 : 100) + judgedMeasures.indexOf(measure)
  return rank(a) - rank(b) || b.badMs - a.badMs || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0)
}

/** Reasons of one view: measures bad by themselves; where only their sum is, every measure that took part. */
export function reasonsOfView(view: StreamView, profile: QualityProfile): readonly Reason[] {
  const { class: streamClass, runs, measuredMs } = view.judged
  if (streamClass !== 'poor' && streamClass !== 'degraded') return []
  const times = judgedMeasures.map((measure): MeasureTime => {
    const { poor, degraded } = measureBits[measure]
    return {
      measure,
      poor: badTimeOf(runs, (mask) => (mask & poor) !== 0),
      bad: badTimeOf(runs, (mask) => (mask & degraded) !== 0),
    }
  })
  const alone = times.flatMap((time) => {
    const severity = severityAlone(time, measuredMs, profile)
    return severity === undefined ? [] : [reasonOf(view, time, severity, profile)]
  })
  if (alone.some(({ severity }) => severity === streamClass)) return alone
  const together = times.filter(({ poor, bad }) => (streamClass === 'poor' ? poor : bad).ms > 0)
  return together.map((time) => reasonOf(view, time, streamClass, profile))
}

function severityAlone({ poor, bad }: MeasureTime, measuredMs: number, profile: QualityProfile): Severity | undefined {
  if (reachesLimit(poor, measuredMs, profile)) return 'poor'
  return reachesLimit(bad, measuredMs, profile) ? 'degraded' : undefined
}

function reasonOf(view: StreamView, time: MeasureTime, severity: Severity, profile: QualityProfile): Reason {
  const { measure } = time
  const { ms: badMs, longestMs } = severity === 'poor' ? time.poor : time.bad
  const { label: direction } = view.ends
  const share = badMs / view.judged.measuredMs
  const value = meanOf(measure, view.digest)
  const amount = amountOf(measure, value, severity, view.digest, profile)
  const text = `${amount} for ${formatDuration(badMs)}, ${direction}`
  return { measure, severity, stream: view.key, direction, share, badMs, longestMs, value, text }
}

/** Mean over the stream: ratio of loss after the jitter buffer or of concealment, milliseconds, MOS. */
function meanOf(measure: JudgedMeasure, digest: StreamDigest): number | undefined {
  const { lossRatio, discardRatio = 0, concealedRatio } = ratiosOf(digest)
  if (measure === 'loss') return lossRatio === undefined ? undefined : Math.min(1, lossRatio + discardRatio)
  if (measure === 'concealment') return concealedRatio
  if (measure === 'mos') return judgedTally(digest)?.value
  return meanMs(measure === 'jitter' ? digest.jitter : digest.roundTrip)
}

/** The grounded computed tally that MOS bits mostly come from: conversational where there is one, and most of the time. */
function judgedTally({ mos }: StreamDigest): { readonly value: number; readonly band: 'N' | 'W' | 'F' } | undefined {
  const usable = mos.filter(({ grounded, source, ms }) => grounded && source === 'computed' && ms > 0)
  const rank = (kind: string) => (kind === 'conversational' ? 0 : 1)
  const [best] = usable.sort((a, b) => rank(a.kind) - rank(b.kind) || b.ms - a.ms || (a.codecRow < b.codecRow ? -1 : 1))
  return best === undefined ? undefined : { value: best.hundredthMs / best.ms / 100, band: best.band }
}

/**
 * "loss 7.2 %" where the stream's mean is itself beyond the limit; else the mean would hide what happened, and the limit
 * is named: "loss of 5 % or more".
 */
function amountOf(
  measure: JudgedMeasure,
  value: number | undefined,
  severity: Severity,
  digest: StreamDigest,
  profile: QualityProfile,
): string {
  const name = measure === 'mos' ? 'MOS' : measure.replace('_', ' ')
  const limit = limitOf(measure, severity, digest, profile)
  // Scored under a profile that judged it, told under one that does not.
  if (limit === undefined) return name
  if (measure === 'mos') {
    return value !== undefined && value < limit ? `MOS ${value.toFixed(2)}` : `MOS below ${limit.toFixed(1)}`
  }
  const isShare = measure === 'loss' || measure === 'concealment'
  const shown = (amount: number) => (isShare ? formatPercent(amount) : `${Math.round(amount)} ms`)
  return value !== undefined && value >= limit ? `${name} ${shown(value)}` : `${name} of ${shown(limit)} or more`
}

/** The limit of a measure in its own unit (ratio, ms, MOS); undefined where the profile has none. */
function limitOf(
  measure: JudgedMeasure,
  severity: Severity,
  digest: StreamDigest,
  { lossBasisPoints, jitterTenthMs, roundTripTenthMs, concealmentBasisPoints, mosHundredths }: QualityProfile,
): number | undefined {
  const limits = {
    loss: { limits: lossBasisPoints, unit: 10_000 },
    jitter: { limits: jitterTenthMs, unit: 10 },
    round_trip: { limits: roundTripTenthMs, unit: 10 },
    concealment: { limits: concealmentBasisPoints, unit: 10_000 },
    mos: { limits: mosHundredths[judgedTally(digest)?.band ?? 'N'], unit: 100 },
  }
  const { limits: own, unit } = limits[measure]
  return own === undefined ? undefined : own[severity] / unit
}

export function formatPercent(share: number): string {
  const percent = (share * 100).toFixed(1)
  return `${percent.endsWith('.0') ? percent.slice(0, -2) : percent} %`
}

/** Seconds for people: "41 s", "4.5 s", never minutes, which round too much away. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000
  return seconds >= 10 || Number.isInteger(seconds) ? `${Math.round(seconds)} s` : `${seconds.toFixed(1)} s`
}
