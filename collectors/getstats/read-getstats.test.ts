import { describe, expect, test } from 'vitest'
import { qualitySample } from '#contracts/signals/quality-sample.ts'
import { readGetStats } from './read-getstats.ts'

const at = Date.UTC(2026, 0, 1)
const inbound = {
  id: 'IT01A1',
  type: 'inbound-rtp',
  timestamp: at + 0.4,
  kind: 'audio',
  ssrc: 11,
  mid: '0',
  transportId: 'T01',
  codecId: 'C1',
  packetsReceived: 500,
  packetsLost: -2,
  packetsDiscarded: 3,
  bytesReceived: 40_000,
  jitter: 0.0035,
  jitterBufferDelay: 12.3456,
  jitterBufferEmittedCount: 480_000,
  concealedSamples: 960,
  silentConcealedSamples: 480,
  totalSamplesReceived: 490_000,
}
const outbound = { id: 'OT01A2', type: 'outbound-rtp', timestamp: at, kind: 'audio', ssrc: 22, packetsSent: 510 }
const remote = {
  id: 'RI22',
  type: 'remote-inbound-rtp',
  timestamp: at - 900,
  kind: 'audio',
  ssrc: 22,
  localId: 'OT01A2',
  packetsLost: 10,
  packetsReceived: 4_294_903_080,
  jitter: 0.011,
  roundTripTime: 0.048,
}
const transport = { id: 'T01', type: 'transport', timestamp: at, selectedCandidatePairId: 'CP1' }
const pair = { id: 'CP1', type: 'candidate-pair', timestamp: at, currentRoundTripTime: 0.05 }
const codec = { id: 'C1', type: 'codec', timestamp: at, mimeType: 'audio/opus' }
const report = [inbound, outbound, remote, transport, pair, codec]

const body = (stats: unknown, more: object = {}) => ({
  correlation_id: 'call-1',
  leg_id: 'leg-a',
  start_id: 'pc-1',
  stats,
  ...more,
})
const read = (stats: unknown, more: object = {}) => {
  const outcome = readGetStats(body(stats, more))
  if (outcome.type !== 'next') throw new Error(outcome.type === 'park' ? outcome.detail : 'dropped')
  return outcome.value
}
const parked = (value: unknown) => {
  const outcome = readGetStats(value)
  return outcome.type === 'park' ? `${outcome.reason} ${outcome.detail}` : 'not parked'
}

describe('one report', () => {
  const { samples, refused } = read(report)
  const [heard, spoken, reported] = samples

  test('gives a cumulative sample for each stream and observer, each valid by its schema', () => {
    expect(refused).toEqual([])
    expect(samples).toHaveLength(3)
    for (const sample of samples) expect(qualitySample.safeParse(sample).error).toBeUndefined()
  })

  test('what the party hears: seconds become milliseconds, the path gives the round trip', () => {
    expect(heard).toMatchObject({ time: '2026-01-01T00:00:00.000Z', correlationid: 'call-1', type: 'quality.sample' })
    expect(heard?.data).toEqual({
      leg_id: 'leg-a',
      observer: 'browser',
      kind: 'audio',
      direction: 'receive',
      scope: 'cumulative',
      stream_id: '0',
      start_id: 'pc-1',
      ssrc: 11,
      codec: 'opus',
      packets_received: 500,
      packets_lost: -2,
      packets_discarded: 3,
      bytes_received: 40_000,
      jitter_ms: 3.5,
      round_trip_ms: 50,
      jitter_buffer_delay_total_ms: 12_345.6,
      jitter_buffer_emitted: 480_000,
      concealed_samples: 960,
      silent_concealed_samples: 480,
      samples_received: 490_000,
    })
  })

  test('what the party speaks, and how the far end got it', () => {
    expect(spoken?.data).toMatchObject({ observer: 'browser', direction: 'send', stream_id: '22', packets_sent: 510 })
    expect(reported).toMatchObject({ time: '2025-12-31T23:59:59.100Z' })
    expect(reported?.data).toMatchObject({
      observer: 'remote',
      direction: 'send',
      stream_id: '22',
      packets_sent: 510,
      // Sent less lost: the browser's own count of it has wrapped.
      packets_received: 500,
      packets_lost: 10,
      jitter_ms: 11,
      round_trip_ms: 48,
    })
  })

  test('an object by id is the same report, and the same report has the same ids', () => {
    const byId = Object.fromEntries(report.map(({ id, ...stat }) => [id, stat]))
    expect(read(byId).samples).toEqual(samples)
  })
})

test('what a server receives is what the party speaks', () => {
  expect(read([inbound], { observer: 'media_server' }).samples[0]?.data.direction).toBe('send')
})

test('absent is not zero', () => {
  const { data } = read([{ id: 'a', type: 'inbound-rtp', timestamp: at, kind: 'audio', ssrc: 1 }]).samples[0] ?? {}
  expect(Object.keys(data ?? {})).toEqual([
    'leg_id',
    'observer',
    'kind',
    'direction',
    'scope',
    'stream_id',
    'start_id',
    'ssrc',
  ])
})

test('video has its frames, freezes, size and what limits the sender', () => {
  const video = { type: 'inbound-rtp', timestamp: at, kind: 'video', ssrc: 3, framesDecoded: 300, framesDropped: 4 }
  const shape = { freezeCount: 2, totalFreezesDuration: 1.5, frameWidth: 1280, frameHeight: 720 }
  const sent = { type: 'outbound-rtp', timestamp: at, kind: 'video', ssrc: 4, qualityLimitationReason: 'cpu' }
  const { samples } = read({ in: { ...video, ...shape }, out: sent })
  expect(samples[0]?.data).toMatchObject({ frames_decoded: 300, frames_dropped: 4, freeze_count: 2, freezes_ms: 1500 })
  expect(samples[0]?.data).toMatchObject({ frame_width: 1280, frame_height: 720 })
  expect(samples[1]?.data).toMatchObject({ limitation: 'cpu', stream_id: '4' })
})

test('older Chrome and Safari keep concealment on the track, Firefox marks the candidate pair', () => {
  const { concealedSamples: _, ...bare } = inbound
  const track = { id: 'TR', type: 'track', concealedSamples: 77 }
  expect(read([{ ...bare, trackId: 'TR' }, track]).samples[0]?.data.concealed_samples).toBe(77)
  const selected = { ...pair, selected: true, currentRoundTripTime: 0.031 }
  expect(read([{ ...inbound, transportId: undefined }, selected]).samples[0]?.data.round_trip_ms).toBe(31)
})

describe('bad input', () => {
  test.each([
    ['packetsReceived', -17],
    ['packetsReceived', 2 ** 53],
    ['packetsReceived', 1.5],
    ['packetsReceived', '500'],
    ['jitter', -0.1],
    ['jitter', 'NaN'],
    ['jitter', Number.POSITIVE_INFINITY],
    ['jitter', 90_000],
    ['frameWidth', 70_000],
    ['ssrc', 2 ** 32],
    ['timestamp', 'yesterday'],
    ['timestamp', 1e300],
  ])('%s = %s is refused with its name and without its value; other stats go on', (name, value) => {
    const { samples, refused } = read([{ ...inbound, [name]: value }, outbound])
    expect(samples).toHaveLength(1)
    expect(refused).toHaveLength(1)
    expect(refused[0]?.detail).toContain(name)
    expect(refused[0]?.detail).not.toContain(`${value}`)
  })

  test("Chrome's legacy statistics are refused in words", () => {
    const legacy = {
      ssrc_1_recv: { type: 'ssrc', packetsReceived: '18' },
      bwe: { type: 'VideoBwe' },
      g: { type: 'googTrack' },
    }
    expect(parked(body(legacy))).toContain('legacy')
  })

  test('a body that does not fit names the field', () => {
    expect(parked({ ...body([]), correlation_id: '' })).toMatch(/^invalid_schema correlation_id:/)
    expect(parked({ ...body([]), surprise: 1 })).toContain('surprise')
    expect(parked(body('text'))).toContain('stats: must be')
    expect(parked(body([{ type: 'inbound-rtp' }]))).toContain('needs its id')
    expect(parked(7)).toContain('body')
  })

  test('__proto__ is an id like any other', () => {
    const stats = JSON.parse(`{"__proto__": ${JSON.stringify(inbound)}, "constructor": null}`)
    expect(read(stats).samples).toHaveLength(1)
    expect(({} as Record<string, unknown>).ssrc).toBeUndefined()
  })

  test('a report without media is a report', () => {
    expect(read([transport, pair])).toEqual({ samples: [], refused: [] })
  })
})
