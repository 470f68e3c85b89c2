import { expect, test } from 'vitest'
import { poorBits } from '#contracts/interval-mask.ts'
import { findCodec } from '#quality/codecs.ts'
import { groupBy } from '#quality/grouping.ts'
import { worstOf } from '#quality/interval-thresholds.ts'
import { defaultProfile } from '#quality/profile.ts'
import { createIntervalScorer, type MeasuredInterval } from '#quality/score-interval.ts'
import { type CallTruth, simulateTraffic } from './index.ts'
import { differenced, firstOfEach, readSamples, type SeenSample } from './testing.ts'
import { codecs } from './world.ts'

/**
 * Truth is planned without the product's quality model. Here the model looks at what was planned: were an interval of
 * a good call near a limit, or a poor one hard to see, the truth would be in dispute.
 */
const startMs = Date.UTC(2026, 2, 4, 9)
const score = createIntervalScorer(defaultProfile)
const traffic = simulateTraffic({ seed: 23, calls: 600, startMs, concurrent: 60 })
const samples = firstOfEach(readSamples([...traffic.messages]))
const { calls } = traffic.truth()
const byStream = groupBy(samples, ({ stream }) => stream)

interface Judged {
  readonly mask: number
  readonly ms: number
}

/** Every interval of a call, scored; by stream. A codec that samples do not name is taken from the truth. */
function judgedStreams(call: CallTruth): readonly (readonly Judged[])[] {
  const mine = [...byStream.values()].filter(([first]) => call.correlationIds.includes(first?.correlationId ?? ''))
  return mine.map((stream) => differenced(stream).map((interval) => judge(interval, call)))
}

function judge({ data, atMs }: SeenSample, call: CallTruth): Judged {
  const early = call.answeredMs !== undefined && atMs <= call.answeredMs
  const tenths = (value: number | undefined) => (value === undefined ? undefined : Math.round(10 * value))
  const measured: MeasuredInterval = {
    kind: data.kind,
    codec: data.codec ?? call.codec ?? '',
    early,
    packetsReceived: data.packets_received,
    packetsLost: data.packets_lost,
    packetsDiscarded: data.packets_discarded,
    jitterTenthMs: tenths(data.jitter_ms),
    roundTripTenthMs: tenths(data.round_trip_ms),
    jitterBufferTenthMs: tenths(data.jitter_buffer_delay_ms),
    concealedSamples: data.concealed_samples,
    silentConcealedSamples: data.silent_concealed_samples,
    samplesReceived: data.samples_received,
    framesDecoded: data.frames_decoded,
  }
  return { mask: score(measured).mask, ms: data.interval_ms ?? 0 }
}

const shareOf = (stream: readonly Judged[], holds: (mask: number) => boolean): number => {
  const all = stream.reduce((sum, { ms }) => sum + ms, 0)
  return stream.reduce((sum, { mask, ms }) => sum + (holds(mask) ? ms : 0), 0) / Math.max(1, all)
}

test('every codec name that is sent leads to a row of the codec table', () => {
  for (const { name } of Object.values(codecs)) expect(findCodec(name)?.key).toBeDefined()
})

test('no interval of a good or unclassified call is degraded', () => {
  const fine = calls.filter((call) => call.class === 'good' || call.class === 'unclassified')
  expect(fine.length).toBeGreaterThan(200)
  for (const call of fine) {
    const bad = judgedStreams(call)
      .flat()
      .filter(({ mask }) => worstOf(mask) > 0)
    expect({ ...call, streams: [], bad }).toEqual({ ...call, streams: [], bad: [] })
  }
})

test('no interval of a degraded call is poor, and a good part of some stream is degraded', () => {
  const degraded = calls.filter((call) => call.class === 'degraded')
  expect(degraded.length).toBeGreaterThan(15)
  for (const call of degraded) {
    const streams = judgedStreams(call)
    expect(streams.flat().filter(({ mask }) => worstOf(mask) === 2)).toEqual([])
    expect(Math.max(...streams.map((stream) => shareOf(stream, (mask) => worstOf(mask) > 0)))).toBeGreaterThan(0.2)
  }
})

test('a call that is poor by measures is so for a good part of some stream', () => {
  const poor = calls.filter(({ reasons, class: judged }) => judged === 'poor' && reasons.length > 0)
  expect(poor.length).toBeGreaterThan(60)
  for (const call of poor) {
    const shares = judgedStreams(call).map((stream) => shareOf(stream, (mask) => (mask & poorBits) !== 0))
    expect(Math.max(...shares)).toBeGreaterThan(0.2)
  }
})

test('a call that is poor by a finding is so by nothing else', () => {
  const found = calls.filter(({ reasons, class: judged }) => judged === 'poor' && reasons.length === 0)
  expect(found.length).toBeGreaterThan(20)
  for (const call of found) {
    expect(
      judgedStreams(call)
        .flat()
        .filter(({ mask }) => worstOf(mask) > 0),
    ).toEqual([])
  }
})
