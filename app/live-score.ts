import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import type { MeasuredInterval, ScoredInterval } from '#quality/score-interval.ts'

/**
 * How bad one interval sample is by itself and by its tenant's profile, for the urgency of its announcement. Running counters say nothing alone: a
 * call measured only by them shows a change for the worse with its next running update.
 */
export function liveScore(
  scorerOf: (tenant: string, atMs: number) => (interval: MeasuredInterval) => ScoredInterval,
  worstOf: (mask: number) => 0 | 1 | 2,
): (sample: QualitySample, tenant: string, atMs: number) => 0 | 1 | 2 {
  return function worstOfSample({ data }, tenant, atMs) {
    if (data.scope !== 'interval') return 0
    return worstOf(scorerOf(tenant, atMs)(intervalOf(data)).mask)
  }
}

const tenths = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.floor(10 * value + 0.5)

const intervalOf = (data: QualitySample['data']): MeasuredInterval => ({
  kind: data.kind,
  codec: data.codec ?? '',
  early: false,
  packetsReceived: data.packets_received,
  packetsLost: data.packets_lost,
  packetsDiscarded: data.packets_discarded,
  jitterTenthMs: tenths(data.jitter_ms),
  roundTripTenthMs: tenths(data.round_trip_ms),
  oneWayDelayTenthMs: tenths(data.one_way_delay_ms),
  jitterBufferTenthMs: tenths(data.jitter_buffer_delay_ms),
  concealedSamples: data.concealed_samples,
  silentConcealedSamples: data.silent_concealed_samples,
  samplesReceived: data.samples_received,
  burstRatioHundredths: data.burst_ratio === undefined ? undefined : Math.floor(100 * data.burst_ratio + 0.5),
  framesDecoded: data.frames_decoded,
})
