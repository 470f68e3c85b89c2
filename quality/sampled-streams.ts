import type { SampledStream, ShownThresholds } from '#contracts/call-charts.ts'
import type { MosBand, MosKind } from '#contracts/call-record.ts'
import { mosName } from './e-model-bands.ts'
import type { Limits, QualityProfile } from './profile.ts'
import { lossOf, type MeasuredInterval, type ScoredInterval } from './score-interval.ts'

/** One interval of a stream: as measured, and as scored. */
export interface ChartInterval {
  readonly endMs: number
  readonly lengthMs: number
  readonly measured: MeasuredInterval
  readonly scored: ScoredInterval
}

type Columns = Omit<SampledStream, 'key' | 'observer' | 'source' | 'scope' | 'kind' | 'label'>

/** The columns of a stream's chart. A MOS on another scale than the chart's is none: scales are never drawn as one line. */
export function chartOf(intervals: readonly ChartInterval[]): Columns {
  const scale = scaleOf(intervals)
  return {
    mosName: scale === undefined ? undefined : mosName(scale.kind, scale.band),
    band: scale?.band,
    codecRows: codecRowsOf(intervals),
    endMs: intervals.map(({ endMs }) => endMs),
    lengthMs: intervals.map(({ lengthMs }) => lengthMs),
    mos: intervals.map(({ scored }) => (scale === undefined ? null : mosOn(scored, scale))),
    lossRatio: intervals.map(({ measured }) => orNull(lossOf(measured).ppl / 100)),
    jitterMs: intervals.map(({ measured }) => jitterOf(measured)),
    roundTripMs: intervals.map(({ measured }) => tenths(measured.roundTripTenthMs)),
    concealedRatio: intervals.map(({ measured }) => concealedOf(measured)),
    mask: intervals.map(({ scored }) => scored.mask),
  }
}

interface ChartScale {
  readonly kind: MosKind
  readonly band: MosBand
}

/**
 * The band that most of the time was scored on. Conversational, which is what is judged, unless the delay was unknown for
 * most of that time: reports of the far end miss now and then, and a gap says so better than a line of another scale.
 */
function scaleOf(intervals: readonly ChartInterval[]): ChartScale | undefined {
  const scoredMs = { N: 0, W: 0, F: 0 }
  const conversationalMs = { N: 0, W: 0, F: 0 }
  for (const { lengthMs, scored } of intervals) {
    if (scored.band === '' || scored.mosListening === undefined) continue
    scoredMs[scored.band] += lengthMs
    if (scored.mosConversational !== undefined) conversationalMs[scored.band] += lengthMs
  }
  const [band] = (['N', 'W', 'F'] as const).toSorted((a, b) => scoredMs[b] - scoredMs[a])
  if (band === undefined || scoredMs[band] === 0) return undefined
  return { band, kind: 2 * conversationalMs[band] >= scoredMs[band] ? 'conversational' : 'listening' }
}

function mosOn({ band, mosConversational, mosListening }: ScoredInterval, scale: ChartScale): number | null {
  const hundredths = scale.kind === 'conversational' ? mosConversational : mosListening
  return band !== scale.band || hundredths === undefined ? null : hundredths / 100
}

function codecRowsOf(intervals: readonly ChartInterval[]): Columns['codecRows'] {
  const rows = new Map<string, boolean>()
  for (const { scored } of intervals) if (scored.codecRow !== '') rows.set(scored.codecRow, scored.grounded)
  return [...rows].map(([row, grounded]) => ({ row, grounded }))
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)
const tenths = (value: number | undefined): number | null => (value === undefined ? null : value / 10)

/** Without a packet there is no jitter: what is reported then is a gauge that kept its last value. */
const jitterOf = ({ packetsReceived, jitterTenthMs }: MeasuredInterval): number | null =>
  packetsReceived === 0 ? null : tenths(jitterTenthMs)

function concealedOf(measured: MeasuredInterval): number | null {
  const { concealedSamples, silentConcealedSamples = 0, samplesReceived = 0 } = measured
  if (concealedSamples === undefined || samplesReceived <= 0) return null
  return Math.min(1, Math.max(0, concealedSamples - silentConcealedSamples) / samplesReceived)
}

/** A profile's limits in the units of the charts. */
export function thresholdsOf(profile: QualityProfile): ShownThresholds {
  const { N, W, F } = profile.mosHundredths
  return {
    loss: inUnits(profile.lossBasisPoints, 10_000),
    jitterMs: inUnits(profile.jitterTenthMs, 10),
    roundTripMs: inUnits(profile.roundTripTenthMs, 10),
    concealment: inUnits(profile.concealmentBasisPoints, 10_000),
    mos: { N: inUnits(N, 100), W: inUnits(W, 100), F: inUnits(F, 100) },
  }
}

const inUnits = (limits: Limits | undefined, per: number): Limits | undefined =>
  limits === undefined ? undefined : { degraded: limits.degraded / per, poor: limits.poor / per }
