import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { callEvent } from '#contracts/signals/call-events.ts'
import { qualitySample } from '#contracts/signals/quality-sample.ts'
import { fixture, imported, importedText, lines } from './import-for-tests.ts'

const t0 = Date.UTC(2022, 2, 1)
const meeting = '41c8f2f2-eab3-49c7-b568-6d7d4e51fb81'
const identity = ['identity', null, { meetingUniqueId: meeting, endpointId: 'cced643e', displayName: 'Ada' }, t0]
const created = ['create', 'PC_0', { browserType: 'moz' }, t0 + 100]
const heard = { type: 'inbound-rtp', kind: 'audio', ssrc: 5, packetsReceived: 100, packetsLost: 1, jitter: 0.004 }
const stats = (delta: object, ms: number, pc = 'PC_0') => [
  'getstats',
  pc,
  { ...delta, timestamp: t0 + ms },
  t0 + ms + 30,
]

test('events and samples are valid, under the tenant and run of the import', async () => {
  const { records, events, samples } = await imported(
    fixture('jitsi-rtcstats-server/dumps/google-standard-stats-p2p.jsonl'),
  )
  for (const sample of samples) expect(qualitySample.safeParse(sample).error).toBeUndefined()
  for (const event of events) expect(callEvent.safeParse(event).error).toBeUndefined()
  expect(events.map(({ type }) => type)).toEqual(['conference.joined', 'conference.started', 'conference.left'])
  for (const { headers } of records)
    expect(headers).toMatchObject({ 'callscope-tenant': 'acme', 'callscope-run': 'run-1' })
  expect(new Set(records.flatMap(({ key }) => key ?? []))).toEqual(new Set(['171e34f9-73c4-4bb7-acc7-9ddd2b7fa172']))
})

test('a failed connection is evidence: a log line of the call at error', async () => {
  const { logs } = await imported(fixture('jitsi-rtcstats-server/dumps/chrome-standard-pc-failed.jsonl'))
  const failed = logs.filter(({ severityNumber }) => severityNumber >= 17)
  expect(failed.map(({ attributes }) => attributes.peer_connection)).toEqual(['PC_2', 'PC_1', 'PC_0'])
  expect(failed[0]).toMatchObject({ body: 'peer connection failed', serviceName: 'browser' })
  expect(failed[0]?.attributes.correlation_id).toBe('f90acd63-a86e-4351-b2fe-c584fa14893e')
})

test('the same dump gives the same records under any name, gzip or not', async () => {
  const path = fixture('jitsi-rtcstats-server/dumps/chrome-standard-pc-failed.jsonl')
  const text = await readFile(path)
  const { records } = await imported(path)
  expect((await importedText(gzipSync(text))).records).toEqual(records)
})

test('two participants of one meeting are one call with two legs; without a meeting id each dump is a call', async () => {
  const dump = (facts: object) =>
    importedText(lines(['identity', null, facts, t0], created, stats({ a: { ...heard, timestamp: 0 } }, 1_000)))
  const [ada, bob, lone, other] = await Promise.all([
    dump({ meetingUniqueId: meeting, endpointId: 'cced643e' }),
    dump({ meetingUniqueId: meeting, endpointId: 'd6936c04' }),
    dump({ confName: 'standup', deviceId: 'a' }),
    dump({ confName: 'standup', deviceId: 'b' }),
  ])
  const callOf = ({ records }: typeof ada) => records.find(({ key }) => key !== null)?.key
  const legOf = ({ events }: typeof ada) => events[0]?.data.leg_id
  expect([callOf(ada), callOf(bob)]).toEqual([meeting, meeting])
  expect(legOf(ada)).not.toBe(legOf(bob))
  expect(callOf(lone)).not.toBe(callOf(other))
  expect(JSON.stringify(lone.records)).not.toContain('conf_session_id')
})

test('personal names never leave the dump', async () => {
  const { records } = await importedText(lines(identity, created, stats({ a: { ...heard, timestamp: 0 } }, 1_000)))
  expect(JSON.stringify(records)).not.toContain('Ada')
})

describe('where counters began', () => {
  const counts = async (...dump: readonly unknown[]) =>
    (await importedText(lines(identity, ...dump))).samples.map(({ time, data }) => [
      Date.parse(time) - t0,
      data.packets_received ?? data.packets_sent,
    ])

  test('a stream of a connection that the dump saw made began at zero then', async () => {
    expect(await counts(created, stats({ a: { ...heard, timestamp: 0 } }, 1_000))).toEqual([
      [100, 0],
      [1_000, 100],
    ])
  })

  test('a stream that was not in the report before began at zero after it', async () => {
    const dump = [created, stats({ t: { type: 'transport', timestamp: 0 } }, 1_000)]
    // The report before has no stream, so its time is that of its line.
    expect(await counts(...dump, stats({ a: { ...heard, timestamp: 0 } }, 3_000))).toEqual([
      [1_030, 0],
      [3_000, 100],
    ])
  })

  test('a stream that was there before the dump began has no base', async () => {
    expect(await counts(stats({ a: { ...heard, timestamp: 0 } }, 1_000))).toEqual([[1_000, 100]])
  })

  test('a placeholder of the media server is left out until it carries something, its last zero being the base', async () => {
    const silent = { ...heard, packetsReceived: 0, packetsLost: 0, timestamp: 0 }
    const dump = [
      created,
      stats({ a: silent, b: { ...silent, ssrc: 6 } }, 1_000),
      stats({ a: { timestamp: 0 } }, 3_000),
    ]
    const again = stats({ a: { timestamp: 0, packetsReceived: 40 } }, 5_000)
    expect(await counts(...dump, again)).toEqual([
      [3_000, 0],
      [5_000, 40],
    ])
  })

  test('between two participants silence is a measurement', async () => {
    const p2p = ['constraints', 'PC_0', { optional: [{ rtcStatsSFUP2P: true }] }, t0 + 101]
    const silent = { ...heard, packetsReceived: 0, packetsLost: 0, timestamp: 0 }
    expect(await counts(created, p2p, stats({ a: silent }, 1_000))).toEqual([[1_000, 0]])
  })

  test('a connection made again under its old name is another epoch', async () => {
    const again = ['create', 'PC_0', {}, t0 + 5_000]
    const report = (ms: number) => stats({ a: { ...heard, timestamp: 0 } }, ms)
    const { samples } = await importedText(lines(identity, created, report(1_000), again, report(6_000)))
    expect(new Set(samples.map(({ data }) => data.start_id)).size).toBe(2)
  })
})

describe('Firefox', () => {
  const sent = { type: 'outbound-rtp', kind: 'video', ssrc: 275_935_317, packetsSent: 627, remoteId: 'f85b1f08' }
  const far = { type: 'remote-inbound-rtp', kind: 'video', ssrc: 275_935_317, localId: 'cbb62cef', packetsLost: 0 }
  const dump = lines(
    identity,
    created,
    stats({ cbb62cef: { timestamp: 0, type: 'outbound-rtp', kind: 'video', ssrc: 275_935_317 } }, 1_000),
    stats(
      { cbb62cef: { ...sent, timestamp: 0 }, f85b1f08: { ...far, timestamp: t0 + 2_900, packetsReceived: 618 } },
      3_000,
    ),
    stats({ cbb62cef: { timestamp: t0 + 4_999, packetsSent: 1_330 }, f85b1f08: {} }, 5_000),
    stats(
      {
        cbb62cef: { timestamp: 0, packetsSent: 2_026 },
        f85b1f08: { timestamp: t0 + 6_950, packetsReceived: 4_294_903_080 },
      },
      7_000,
    ),
  )

  test('has ids that say nothing, stats without counters, and far counts that have wrapped', async () => {
    const { samples, refused } = await importedText(dump)
    expect(refused).toEqual([])
    const of = (observer: string) =>
      samples
        .filter(({ data }) => data.observer === observer)
        .map(({ time, data }) => [Date.parse(time) - t0, data.packets_sent, data.packets_received])
    expect(of('browser')).toEqual([
      [1_000, undefined, undefined],
      [3_000, 627, undefined],
      [4_999, 1_330, undefined],
      [7_000, 2_026, undefined],
    ])
    // The second report brought nothing new from the far end, so there is no sample of it.
    expect(of('remote')).toEqual([
      [1_000, 0, 0],
      [2_900, 627, 627],
      [6_950, 2_026, 2_026],
    ])
  })
})

describe('bad dumps', () => {
  const good = stats({ a: { ...heard, timestamp: 0 } }, 1_000)

  test("Chrome's legacy statistics are refused line by line, with a count", async () => {
    const legacy = {
      ssrc_1_recv: { timestamp: 0, type: 'ssrc', packetsReceived: '18' },
      g: { timestamp: 0, type: 'googTrack' },
    }
    const { refused, tally } = await importedText(
      lines(identity, created, stats(legacy, 1_000), stats({ g: {} }, 2_000)),
    )
    expect(refused.map(({ line }) => line)).toEqual([3, 4])
    expect(refused[0]?.detail).toContain('legacy')
    expect(tally).toMatchObject({ refused: 2, samples: 0, calls: 1 })
  })

  test('a broken line is refused with its number, the next goes on', async () => {
    const { refused, samples } = await importedText(
      `{"broken\n${lines(identity, created)}nonsense\n${lines({ no: 'array' }, good)}`,
    )
    expect(refused.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'malformed_json'],
      [4, 'malformed_json'],
      [5, 'invalid_schema'],
    ])
    expect(samples).toHaveLength(2)
  })

  test('a file that is cut inside a line says so, and nobody claims to know how the call ended', async () => {
    const { refused, events } = await importedText(lines(identity, created, good, good).slice(0, -20))
    expect(refused).toEqual([expect.objectContaining({ line: 4, detail: expect.stringContaining('cut off') })])
    expect(events.map(({ type }) => type)).toEqual(['conference.joined'])
  })

  test('times of 1970 and 2100, and none, are refused with the reason', async () => {
    const at = (ms: unknown) => ['getstats', 'PC_0', { a: { ...heard, timestamp: 0 }, timestamp: ms }, ms]
    const { refused, samples } = await importedText(
      lines(identity, created, at(5), at(Date.UTC(2100, 0, 1)), at('now'), ['getstats', 'PC_0', {}], good),
    )
    expect(refused.map(({ reason }) => reason)).toEqual([
      'too_old',
      'too_far_ahead',
      'invalid_schema',
      'invalid_schema',
    ])
    expect(samples).toHaveLength(2)
  })

  test('a stat with an impossible counter is refused by itself', async () => {
    const bad = { ...heard, ssrc: 9, timestamp: 0, packetsReceived: -4 }
    const { refused, samples } = await importedText(
      lines(identity, created, stats({ a: { ...heard, timestamp: 0 }, b: bad }, 1_000)),
    )
    expect(refused).toEqual([expect.objectContaining({ line: 3, detail: expect.stringContaining('packetsReceived') })])
    expect(samples.map(({ data }) => data.ssrc)).toEqual([5, 5])
  })

  test('a line longer than allowed is refused and costs no memory', async () => {
    const { refused, samples } = await importedText(
      `${lines(identity, created)}["x","${'y'.repeat(5_000)}"]\n${lines(good)}`,
      {
        maxLineBytes: 2_000,
      },
    )
    expect(refused).toEqual([expect.objectContaining({ line: 3, reason: 'too_large' })])
    expect(samples).toHaveLength(2)
  })

  test('a gzip bomb is stopped, damaged gzip is told', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from(lines(identity)), Buffer.alloc(50_000_000, 0x20)]))
    expect((await importedText(bomb, { maxBytes: 1_000_000 })).refused).toEqual([
      expect.objectContaining({ reason: 'too_large' }),
    ])
    const damaged = gzipSync(lines(identity, created, good, good)).subarray(0, 150)
    expect((await importedText(damaged)).refused).toEqual([
      expect.objectContaining({ detail: expect.stringContaining('gzip') }),
    ])
  })

  test('a server’s dump has no call in it, and says why', async () => {
    const { tally, refused } = await imported(fixture('jitsi-rtcstats-server/dumps/jigasi-sample.jsonl'))
    expect(tally.calls).toBe(0)
    expect(refused[0]?.detail).toContain('identity lines only')
  })
})
