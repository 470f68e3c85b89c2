import { describe, expect, test } from 'vitest'
import { fixture, imported, importedText, lines } from './import-for-tests.ts'

const t0 = 1_758_602_115_667
const header = {
  url: '/call',
  origin: 'https://example.org',
  startTime: t0,
  fileFormat: 3,
  clientProtocol: 'rtcstats#4.0',
}

describe('rtcstats, file format 3', () => {
  test('a page that only asked for the camera is no call', async () => {
    const { format, tally, records } = await imported(fixture('rtcstats-rtcstats/gumonly.jsonl'))
    expect([format, tally.calls, tally.refused, records.length]).toEqual(['rtcstats', 0, 0, 0])
    expect(tally.notes).toEqual([expect.stringContaining('no peer connection')])
  })

  // Numbers for methods, types and properties; times as differences; ids renumbered; a report's time under `t`.
  const dump = `RTCStatsDump\n${lines(
    header,
    [39, '7-0', { bundlePolicy: 'max-bundle' }, t0],
    [25, '7-0', 'connected', 400],
    ['g', '7-0', { t: t0 + 1_000, 0: { type: 5, 125: '3' }, 3: { type: 6, 152: 0.04 } }, 600],
    [
      'g',
      '7-0',
      {
        t: t0 + 2_000,
        1: { type: 1, 11: 'audio', 10: 77, 18: '0', 5: '0', 12: '4', 14: 50, 15: 0, 16: 0.002, 51: 48_000, 52: 480 },
        2: { type: 2, 11: 'audio', 10: 78, 79: 49 },
        4: { type: 14, 6: 'audio/opus' },
        5: { t: t0 + 1_700, type: 3, 11: 'audio', 10: 78, 74: '2', 15: 1, 75: 0.055 },
      },
      1_000,
    ],
    ['g', '7-0', { t: t0 + 3_000, 1: { 14: 100, 52: 960 }, 2: { 79: 99 } }, 1_000.4],
    ['g', '7-0', { t: t0 + 4_000, 1: null, 2: { 79: 149 } }, 999.6],
    [36, '7-0', null, 500],
    ['close', null, 1001, 20],
  )}`

  test('names, times and what was left out are restored', async () => {
    const { samples, refused, tally } = await importedText(dump)
    expect(refused).toEqual([])
    const seen = samples.map(({ time, data }) => [
      `${data.observer} ${data.direction}`,
      Date.parse(time) - t0,
      data.packets_received ?? data.packets_sent,
      data.round_trip_ms,
    ])
    expect(seen).toEqual([
      ['browser receive', 1_000, 0, undefined],
      ['browser receive', 2_000, 50, 40],
      ['browser send', 1_000, 0, undefined],
      ['browser send', 2_000, 49, undefined],
      ['remote send', 1_000, 0, undefined],
      ['remote send', 1_700, 48, 55],
      ['browser receive', 3_000, 100, 40],
      ['browser send', 3_000, 99, undefined],
      ['browser send', 4_000, 149, undefined],
    ])
    expect(samples[1]?.data).toMatchObject({ codec: 'opus', stream_id: '7-0:0', concealed_samples: 480, ssrc: 77 })
    expect(tally).toMatchObject({ calls: 1, streams: 3, samples: 9 })
  })

  test('it is a call that starts, is answered and ends', async () => {
    const { events } = await importedText(dump)
    expect(events.map(({ type, time }) => [type, Date.parse(time) - t0])).toEqual([
      ['call.started', 0],
      ['call.answered', 400],
      ['call.ended', 4_520],
    ])
  })
})

describe('webrtc-internals', () => {
  test('an export with getUserMedia only is no call', async () => {
    const { format, tally } = await imported(fixture('rtcstats-rtcstats/webrtc-internals-gumonly.gz'))
    expect([format, tally.calls]).toEqual(['webrtc-internals', 0])
    expect(tally.notes).toHaveLength(1)
  })

  const end = new Date(t0 + 3_000).toISOString()
  const series = (statsType: string, values: unknown[]) => ({
    statsType,
    startTime: '',
    endTime: end,
    values: JSON.stringify(values),
  })
  const connection = {
    url: 'https://example.org/',
    updateLog: [
      { time: '9/23/2025, 6:35:15 AM', type: 'signalingstatechange', value: 'stable' },
      { time: new Date(t0).toISOString(), type: 'connectionstatechange', value: '"connected"' },
    ],
    stats: {
      'IT01A7-timestamp': series('inbound-rtp', [t0 + 1_000, t0 + 2_000, t0 + 3_000]),
      'IT01A7-kind': series('inbound-rtp', ['audio', 'audio', 'audio']),
      'IT01A7-ssrc': series('inbound-rtp', [7, 7, 7]),
      'IT01A7-packetsReceived': series('inbound-rtp', [50, 100, 150]),
      // Came with the second report: both series end together.
      'IT01A7-packetsLost': series('inbound-rtp', [1, 2]),
      'IT01A7-[packetsReceived/s]': series('inbound-rtp', [50, 50, 50]),
    },
  }
  const text = (stats: object) =>
    JSON.stringify({ PeerConnections: { '11-1': { ...connection, stats } }, UserAgentData: [] })

  test('series become reports again', async () => {
    const { samples, events, refused } = await importedText(text(connection.stats))
    expect(refused).toEqual([])
    expect(samples.map(({ time, data }) => [Date.parse(time) - t0, data.packets_received, data.packets_lost])).toEqual([
      [1_000, 50, undefined],
      [2_000, 100, 1],
      [3_000, 150, 2],
    ])
    expect(events.map(({ type }) => type)).toEqual(['call.started', 'call.answered', 'call.ended'])
  })

  test('statistics without times of their own cannot be believed', async () => {
    const { 'IT01A7-timestamp': _, ...untimed } = connection.stats
    const { samples, refused } = await importedText(text(untimed))
    expect(samples).toEqual([])
    expect(refused[0]?.detail).toContain('no times of their own')
  })

  test('an export that is cut off, or too long, is refused whole', async () => {
    expect((await importedText(text(connection.stats).slice(0, -50))).refused[0]?.reason).toBe('malformed_json')
    const tooLong = await importedText(text(connection.stats), { maxDocumentBytes: 100 })
    expect(tooLong.refused[0]?.reason).toBe('too_large')
  })
})
