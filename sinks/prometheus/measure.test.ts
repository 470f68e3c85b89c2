import { expect, test } from 'vitest'
import { aSample } from './examples.ts'
import { createMeasure } from './measure.ts'

/** Running counters of one stream, `seconds` after ten o'clock. */
const counters = (seconds: number, data: object = {}) =>
  aSample(
    { scope: 'cumulative', interval_ms: undefined, ssrc: 7, codec: 'PCMA', jitter_ms: 4, ...data },
    { time: new Date(Date.UTC(2026, 2, 1, 10) + seconds * 1_000).toISOString() },
  )
function measured(...samples: readonly ReturnType<typeof aSample>[]) {
  const measure = createMeasure({ maxStreams: 10 })
  return samples.map((sample) => measure('acme', sample, {}))
}

test('an interval sample measures itself, in stored units', () => {
  expect(measured(aSample({ jitter_ms: 12.34, burst_ratio: 1.5 }))).toMatchObject([
    { packetsReceived: 250, packetsLost: 0, jitterTenthMs: 123, roundTripTenthMs: 400, burstRatioHundredths: 150 },
  ])
})

test('running counters measure the time since the sample before; the first has no base', () => {
  const [first, second] = measured(
    counters(0, {
      packets_received: 1_000,
      packets_lost: 5,
      jitter_buffer_delay_total_ms: 100,
      jitter_buffer_emitted: 10,
    }),
    counters(5, {
      packets_received: 1_240,
      packets_lost: 15,
      jitter_buffer_delay_total_ms: 700,
      jitter_buffer_emitted: 20,
    }),
  )
  expect(first).toBeUndefined()
  expect(second).toMatchObject({ packetsReceived: 240, packetsLost: 10, jitterBufferTenthMs: 600, jitterTenthMs: 40 })
})

test('a counter that falls, another SSRC or a minute of silence is a new beginning', () => {
  const rise = { packets_received: 1_240 }
  const before = counters(0, { packets_received: 1_000 })
  expect(measured(before, counters(5, { packets_received: 10 }))[1]).toBeUndefined()
  expect(measured(before, counters(5, { ...rise, ssrc: 8 }))[1]).toBeUndefined()
  expect(measured(before, counters(61, rise))[1]).toBeUndefined()
  expect(measured(before, counters(60, rise))[1]).toMatchObject({ packetsReceived: 240 })
})

test('RTCP’s running loss is signed and may fall when packets come twice', () => {
  const [, after] = measured(
    counters(0, { packets_received: 1_000, packets_lost: 3 }),
    counters(5, { packets_received: 1_250, packets_lost: -1 }),
  )
  expect(after).toMatchObject({ packetsReceived: 250, packetsLost: -4 })
})

test('a repeated or late sample measures nothing and spoils nothing', () => {
  const [, , late, after] = measured(
    counters(0, { packets_received: 1_000 }),
    counters(10, { packets_received: 1_500 }),
    counters(5, { packets_received: 1_250 }),
    counters(15, { packets_received: 1_750 }),
  )
  expect(late).toBeUndefined()
  expect(after).toMatchObject({ packetsReceived: 250 })
})

test('a counter that the producer leaves out is unknown, not zero', () => {
  const [, after] = measured(
    counters(0, { packets_received: 1_000, packets_lost: 1 }),
    counters(5, { packets_received: 1_250, packets_lost: undefined }),
  )
  expect(after?.packetsLost).toBeUndefined()
})
