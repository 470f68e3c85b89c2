import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { createRecentMap } from '#quality/recent-map.ts'
import type { MeasuredInterval } from '#quality/score-interval.ts'

/** The interval that a sample measured, in stored units; undefined where it measured none by itself. */
export type MeasureSample = (tenant: string, sample: QualitySample, context: Context) => MeasuredInterval | undefined

interface Context {
  readonly codec?: string | undefined
  readonly early?: boolean | undefined
}

type Data = QualitySample['data']

// As when minutes are computed: over a longer gap nobody measured (docs/architecture.md, promise 2).
const maxGapMs = 60_000

/** Counters that only rise within an epoch; a fall is a new epoch. `packets_lost` is signed and may fall. */
const rising = [
  'packets_received',
  'packets_discarded',
  'concealed_samples',
  'silent_concealed_samples',
  'samples_received',
] as const

interface Last {
  readonly atMs: number
  readonly epoch: string
  readonly data: Data
}

/**
 * Measures live samples: interval ones directly, cumulative ones by their difference to the stream's last, of which at
 * most `maxStreams` are remembered. Whole-call reports measure no interval. Live labels only: what is stored is
 * differenced in order of time, here a late sample is passed over.
 */
export function createMeasure({ maxStreams }: { readonly maxStreams: number }): MeasureSample {
  const last = createRecentMap<Last>(maxStreams)

  return function measure(tenant, sample, context) {
    const { data } = sample
    if (data.scope === 'interval') return intervalOf(data, data, context)
    if (data.scope === 'call') return undefined
    const stream = streamOf(tenant, sample)
    const before = last.get(stream)
    const now = { atMs: Date.parse(sample.time), epoch: `${data.ssrc ?? ''}:${data.start_id ?? ''}`, data }
    if (before !== undefined && now.atMs <= before.atMs) return undefined
    last.set(stream, now)
    return before !== undefined && continues(before, now)
      ? intervalOf(data, difference(before.data, data), context)
      : undefined
  }
}

const streamOf = (tenant: string, { correlationid, data }: QualitySample): string =>
  [tenant, correlationid, data.leg_id, data.kind, data.direction, data.stream_id, data.observer].join('\u0000')

const continues = (before: Last, now: Last): boolean =>
  before.epoch === now.epoch &&
  now.atMs - before.atMs <= maxGapMs &&
  rising.every((counter) => (now.data[counter] ?? 0) >= (before.data[counter] ?? 0) || now.data[counter] === undefined)

type Counts = Pick<Data, (typeof rising)[number] | 'packets_lost' | 'frames_decoded' | 'jitter_buffer_delay_ms'>

function difference(before: Data, now: Data): Counts {
  const played = minus(now.jitter_buffer_emitted, before.jitter_buffer_emitted)
  const waited = minus(now.jitter_buffer_delay_total_ms, before.jitter_buffer_delay_total_ms)
  return {
    packets_received: minus(now.packets_received, before.packets_received),
    packets_lost: minus(now.packets_lost, before.packets_lost),
    packets_discarded: minus(now.packets_discarded, before.packets_discarded),
    concealed_samples: minus(now.concealed_samples, before.concealed_samples),
    silent_concealed_samples: minus(now.silent_concealed_samples, before.silent_concealed_samples),
    samples_received: minus(now.samples_received, before.samples_received),
    frames_decoded: minus(now.frames_decoded, before.frames_decoded),
    jitter_buffer_delay_ms: played !== undefined && played > 0 && waited !== undefined ? waited / played : undefined,
  }
}

const minus = (now: number | undefined, before: number | undefined): number | undefined =>
  now === undefined || before === undefined ? undefined : now - before

/** Values of the moment from the sample, counts of the interval from `counts`. */
const intervalOf = (data: Data, counts: Counts, context: Context): MeasuredInterval => ({
  kind: data.kind,
  codec: data.codec ?? context.codec ?? '',
  early: context.early ?? false,
  packetsReceived: counts.packets_received,
  packetsLost: counts.packets_lost,
  packetsDiscarded: counts.packets_discarded,
  jitterTenthMs: scaled(data.jitter_ms, 10),
  roundTripTenthMs: scaled(data.round_trip_ms, 10),
  oneWayDelayTenthMs: scaled(data.one_way_delay_ms, 10),
  jitterBufferTenthMs: scaled(counts.jitter_buffer_delay_ms, 10),
  concealedSamples: counts.concealed_samples,
  silentConcealedSamples: counts.silent_concealed_samples,
  samplesReceived: counts.samples_received,
  burstRatioHundredths: scaled(data.burst_ratio, 100),
  framesDecoded: counts.frames_decoded,
})

/** Whole units, rounded as they are stored. */
const scaled = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : Math.floor(factor * value + 0.5)
