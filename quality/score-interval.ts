import type { MediaKind, MosBand } from '#contracts/call-record.ts'
import { intervalMask } from '#contracts/interval-mask.ts'
import { type CodecRow, codecDelayMs, createCodecFinder, withOverrides } from './codecs.ts'
import { effectiveEquipmentImpairment, isExtrapolated, rToMos } from './e-model.ts'
import { defaultNoise, scales } from './e-model-bands.ts'
import { absoluteDelayImpairment, delayImpairment } from './e-model-delay.ts'
import { eModelDefaults } from './e-model-parameters.ts'
import { isJudgeable, judgeInterval } from './interval-thresholds.ts'
import type { QualityProfile } from './profile.ts'

/** What one observer measured on one stream in one interval, in stored units. Unknown is undefined, never 0. */
export interface MeasuredInterval {
  readonly kind: MediaKind
  /** As the producer wrote it; '' where unknown. */
  readonly codec: string
  /** Ended before the call was answered. */
  readonly early: boolean
  /** Includes those the jitter buffer discarded. */
  readonly packetsReceived?: number | undefined
  /** Of this interval; duplicates may make it negative, which counts as none. */
  readonly packetsLost?: number | undefined
  readonly packetsDiscarded?: number | undefined
  readonly jitterTenthMs?: number | undefined
  readonly roundTripTenthMs?: number | undefined
  readonly oneWayDelayTenthMs?: number | undefined
  readonly jitterBufferTenthMs?: number | undefined
  readonly concealedSamples?: number | undefined
  readonly silentConcealedSamples?: number | undefined
  readonly samplesReceived?: number | undefined
  readonly burstRatioHundredths?: number | undefined
  readonly framesDecoded?: number | undefined
}

export interface ScoredInterval {
  /** Key of the codec row; '' where the codec is unknown or the stream is video. */
  readonly codecRow: string
  readonly band: MosBand | ''
  readonly grounded: boolean
  /** Hundredths of a MOS, undefined where it cannot be computed. */
  readonly mosListening: number | undefined
  readonly mosConversational: number | undefined
  /** Unrounded, NaN where unknown: for tests and means, never for thresholds. */
  readonly listening: number
  readonly conversational: number
  /** True where a score lies outside the range the formula is stated for. */
  readonly extrapolated: boolean
  /** True where the one-way delay was estimated from a round trip. */
  readonly delayEstimated: boolean
  /** Bits of contracts/interval-mask.ts. */
  readonly mask: number
}

/**
 * Assumed where a round trip is known but the jitter buffer's delay is not: a receiver without a buffer does not exist,
 * and two packets of 20 ms are about the least that adaptive ones hold.
 */
export const assumedJitterBufferMs = 40

/** The measured loss of an interval. NaN where unknown: every comparison with NaN is false, here as in ClickHouse. */
export interface IntervalLoss {
  /** Packets that ought to have come: received + lost. */
  readonly expected: number
  /** Lost, or discarded by the jitter buffer. */
  readonly bad: number
  /** Percent of expected; NaN where nothing was expected. */
  readonly ppl: number
}

/** Loss after the jitter buffer. ITU-T G.107 clause 7.5 (Ppl). Unreported discards leave what was lost on the way. */
export function lossOf({ packetsReceived, packetsLost, packetsDiscarded }: MeasuredInterval): IntervalLoss {
  const received = packetsReceived ?? Number.NaN
  const counted = packetsLost ?? Number.NaN
  const lost = Math.max(0, counted)
  const expected = received + lost
  const bad = Math.min(lost + (packetsDiscarded ?? 0), expected)
  return { expected, bad, ppl: expected > 0 ? (100 * bad) / expected : Number.NaN }
}

/** The one-way delay, ms, or NaN: measured, else half the round trip plus what codec and jitter buffer add. */
export function oneWayDelayMs(interval: MeasuredInterval, row: CodecRow): number {
  const { oneWayDelayTenthMs, roundTripTenthMs, jitterBufferTenthMs } = interval
  if (oneWayDelayTenthMs !== undefined) return oneWayDelayTenthMs / 10
  if (roundTripTenthMs === undefined) return Number.NaN
  const buffer = jitterBufferTenthMs === undefined ? assumedJitterBufferMs : jitterBufferTenthMs / 10
  return roundTripTenthMs / 20 + (codecDelayMs(row) + buffer)
}

/** Impairment of a one-way delay of `ta` ms with default echo losses, T = Ta, Tr = 2T; NaN where the scale has none. */
export function conversationalImpairment(band: MosBand, ta: number): number {
  if (band === 'F') return scales.F.divisor * absoluteDelayImpairment(ta)
  if (band === 'W') return Number.NaN
  return delayImpairment({ ...eModelDefaults, t: ta, tr: 2 * ta, ta }, defaultNoise).id
}

/** Hundredths as stored: floor(100x + 0.5), the same in SQL, whose own rounding is half to even. */
export function toHundredths(mos: number): number | undefined {
  return Number.isNaN(mos) ? undefined : Math.floor(100 * mos + 0.5)
}

const unscored = {
  codecRow: '',
  band: '',
  grounded: false,
  mosListening: undefined,
  mosConversational: undefined,
  listening: Number.NaN,
  conversational: Number.NaN,
  extrapolated: false,
  delayEstimated: false,
} as const

type Score = Omit<ScoredInterval, 'mask'>

/**
 * The scorer of single intervals under one profile: E-model MOS and threshold bits. Over a million intervals a second,
 * for live labels and tests; what is stored comes from the same tables in score-interval-sql.ts.
 */
export function createIntervalScorer(profile: QualityProfile): (interval: MeasuredInterval) => ScoredInterval {
  const rows = withOverrides(profile.codecs)
  const findRow = createCodecFinder(rows)
  const concealing = new Map(rows.map((row) => [row.key, rows.find(({ key }) => key === row.concealing) ?? row]))

  return function scoreInterval(interval) {
    const loss = lossOf(interval)
    const named = interval.kind === 'audio' ? findRow(interval.codec) : undefined
    const row = named !== undefined && interval.concealedSamples !== undefined ? concealing.get(named.key) : named
    const score = row === undefined ? unscored : scoreAudio(interval, loss, row)
    return { ...score, mask: maskOf(interval, loss, score, profile) }
  }
}

function scoreAudio(interval: MeasuredInterval, { ppl }: IntervalLoss, row: CodecRow): Score {
  const { key: codecRow, band, grounded } = row
  const { best, top, divisor } = scales[band]
  // An interval in which nothing arrived has loss, but nobody heard anything to have an opinion of.
  const heardPpl = interval.packetsReceived === 0 ? Number.NaN : ppl
  const burstR = interval.burstRatioHundredths === undefined ? 1 : interval.burstRatioHundredths / 100
  const impairment = { ie: row.ie ?? Number.NaN, bpl: row.bpl ?? Number.NaN, ppl: heardPpl, burstR }
  const rating = best - effectiveEquipmentImpairment(impairment, top)
  const listening = rToMos(rating / divisor)
  const conversational = rToMos((rating - conversationalImpairment(band, oneWayDelayMs(interval, row))) / divisor)
  const scored = !Number.isNaN(listening)
  return {
    codecRow,
    band,
    grounded,
    mosListening: toHundredths(listening),
    mosConversational: toHundredths(conversational),
    listening,
    conversational,
    extrapolated: scored && isExtrapolated(impairment),
    delayEstimated: !Number.isNaN(conversational) && interval.oneWayDelayTenthMs === undefined,
  }
}

function maskOf(interval: MeasuredInterval, loss: IntervalLoss, score: Score, profile: QualityProfile): number {
  const { packetsReceived = Number.NaN, framesDecoded = Number.NaN, kind, early } = interval
  const arrived = packetsReceived > 0 || (kind === 'video' && framesDecoded > 0)
  const media = arrived ? intervalMask.media : 0
  if (early) return media | intervalMask.early
  const blind = isJudgeable(interval, loss, profile) ? 0 : intervalMask.blind
  return media | blind | judgeInterval(interval, loss, score, profile)
}
