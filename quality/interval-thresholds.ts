import { degradedBits, intervalMask, type JudgedMeasure, measureBits, poorBits } from '#contracts/interval-mask.ts'
import type { Limits, QualityProfile } from './profile.ts'
import type { IntervalLoss, MeasuredInterval, ScoredInterval } from './score-interval.ts'

/** 2 where a mask has a poor bit, 1 where its worst is degraded, else 0. */
export function worstOf(mask: number): 0 | 1 | 2 {
  if ((mask & poorBits) !== 0) return 2
  return (mask & degradedBits) !== 0 ? 1 : 0
}

/**
 * Bits of the measures that an interval is degraded or poor by. Exact: whole numbers against whole limits, ratios by
 * cross-multiplication. Unknown is NaN, which reaches no limit; without limits nothing is reached.
 */
export function judgeInterval(
  interval: MeasuredInterval,
  { bad, expected }: IntervalLoss,
  {
    band,
    grounded,
    mosListening,
    mosConversational,
  }: Pick<ScoredInterval, 'band' | 'grounded' | 'mosListening' | 'mosConversational'>,
  profile: QualityProfile,
): number {
  const { packetsReceived, jitterTenthMs = Number.NaN, roundTripTenthMs = Number.NaN, kind } = interval
  // Without a packet there is no jitter: what is reported then is a gauge that kept its last value.
  const jitter = packetsReceived === 0 ? Number.NaN : jitterTenthMs
  const network =
    shareBits('loss', bad, expected, profile.lossBasisPoints) |
    valueBits('jitter', jitter, profile.jitterTenthMs) |
    valueBits('round_trip', roundTripTenthMs, profile.roundTripTenthMs)
  if (kind === 'video') return network
  const mos = mosConversational ?? mosListening
  const mosBits = mos === undefined || band === '' || !grounded ? 0 : belowBits(mos, profile.mosHundredths[band])
  return network | concealmentBits(interval, profile.concealmentBasisPoints) | mosBits
}

/** Whether anything is known of an interval that a limit could judge; without it the interval is neither good nor bad. */
export function isJudgeable(
  interval: MeasuredInterval,
  { expected }: IntervalLoss,
  { lossBasisPoints, jitterTenthMs, roundTripTenthMs, concealmentBasisPoints }: QualityProfile,
): boolean {
  const { kind, packetsReceived, concealedSamples, samplesReceived = 0 } = interval
  return (
    (lossBasisPoints !== undefined && expected > 0) ||
    (jitterTenthMs !== undefined && interval.jitterTenthMs !== undefined && packetsReceived !== 0) ||
    (roundTripTenthMs !== undefined && interval.roundTripTenthMs !== undefined) ||
    (concealmentBasisPoints !== undefined && kind === 'audio' && concealedSamples !== undefined && samplesReceived > 0)
  )
}

/** Non-silent concealed samples of those played (webrtc-stats). Where the silent ones are not told apart, all count. */
function concealmentBits(interval: MeasuredInterval, limits: Limits | undefined): number {
  const { concealedSamples = Number.NaN, silentConcealedSamples = 0, samplesReceived = Number.NaN } = interval
  return shareBits('concealment', concealedSamples - silentConcealedSamples, samplesReceived, limits)
}

function shareBits(measure: JudgedMeasure, part: number, whole: number, limits: Limits | undefined): number {
  if (limits === undefined || !(whole > 0)) return 0
  const { degraded, poor } = limits
  if (part * 10_000 >= poor * whole) return measureBits[measure].poor | measureBits[measure].degraded
  return part * 10_000 >= degraded * whole ? measureBits[measure].degraded : 0
}

function valueBits(measure: JudgedMeasure, value: number, limits: Limits | undefined): number {
  if (limits === undefined) return 0
  const { degraded, poor } = limits
  if (value >= poor) return measureBits[measure].poor | measureBits[measure].degraded
  return value >= degraded ? measureBits[measure].degraded : 0
}

function belowBits(mosHundredths: number, limits: Limits | undefined): number {
  if (limits === undefined) return 0
  const { degraded, poor } = limits
  if (mosHundredths < poor) return intervalMask.mosPoor | intervalMask.mosDegraded
  return mosHundredths < degraded ? intervalMask.mosDegraded : 0
}
