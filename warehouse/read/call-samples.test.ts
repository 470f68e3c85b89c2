import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallSamples } from '#contracts/call-charts.ts'
import { intervalMask } from '#contracts/interval-mask.ts'
import { defaultProfile } from '#quality/profile.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { at, makeMinutes, minute, plantEvents, plantSamples } from '../summaries/minutes-for-tests.ts'
import { readSamples } from './call-samples.ts'
import { plantCalls } from './calls-for-tests.ts'

let warehouse: TestWarehouse

const heard = { packets_received: 250, packets_lost: 0 }

async function samplesOf(tenant: string, id = 'c'): Promise<CallSamples> {
  const samples = await readSamples(warehouse.client, { tenant, id }, () => defaultProfile)
  if (samples === undefined) throw new Error(`no call ${id} of ${tenant}`)
  return samples
}

/** A call `c` of a tenant of its own, its minutes made. */
async function aCall(
  tenant: string,
  samples: Parameters<typeof plantSamples>[2],
  events: Parameters<typeof plantEvents>[2] = [],
): Promise<CallSamples> {
  await plantSamples(warehouse, tenant, samples)
  await plantEvents(warehouse, tenant, events)
  await makeMinutes(warehouse, tenant, { minutes: [minute, minute + 1, minute + 2], cumulative: true })
  const [scope = 'interval'] = samples.map((sample) => sample.scope)
  const streams = [{ key: 'caller/audio/receive/', observer: 'browser', label: 'callee -> caller', scope }]
  await plantCalls(warehouse, [{ id: 'c', tenant, at: at(0), record: { streams, profileVersion: 'default-1' } }])
  return samplesOf(tenant)
}

beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse.stop())

describe('samples of a call', () => {
  test('are columns of one length, in order of time, in the units of people', async () => {
    const { streams, truncated } = await aCall('plain', [
      { at: 10, ...heard, packets_lost: 250, codec: 'PCMU', round_trip_tenth_ms: 805 },
      { ...{ at: 5, ...heard, codec: 'PCMU', jitter_tenth_ms: 125, round_trip_tenth_ms: 800 } },
    ])
    expect(truncated).toBe(false)
    expect(streams).toEqual([
      {
        ...{ key: 'caller/audio/receive/', observer: 'browser', source: '', scope: 'interval', kind: 'audio' },
        ...{ label: 'callee -> caller', mosName: 'MOS-CQEN', band: 'N' },
        ...{ codecRows: [{ row: 'G.711', grounded: true }], endMs: [at(5), at(10)], lengthMs: [5_000, 5_000] },
        ...{ mos: [expect.closeTo(4.35, 0), expect.closeTo(1, 0)], lossRatio: [0, 0.5], jitterMs: [12.5, null] },
        ...{ roundTripMs: [80, 80.5], concealedRatio: [null, null], mask: [1, 1 + 2 + 4 + 512 + 1024] },
      },
    ])
  })

  test('have the masks that the minutes were made with', async () => {
    const noise = Array.from({ length: 36 }, (_, n) => ({
      ...{ at: 5 * (n + 1), ...heard, packets_lost: (n * 7) % 23, codec: n % 3 === 0 ? 'PCMU' : 'G729' },
      ...{ jitter_tenth_ms: (n * 61) % 700, round_trip_tenth_ms: n % 4 === 0 ? null : (n * 997) % 6_000 },
      ...{ concealed_samples: (n * 331) % 4_000, silent_concealed_samples: n % 500, samples_received: 40_000 },
    }))
    const { streams } = await aCall('masks', noise)
    const runs = await warehouse.rows<[from: number, to: number, mask: number]>(
      "SELECT run.1, run.2, run.3 FROM (SELECT arrayJoin(runs) AS run FROM call_minutes FINAL WHERE tenant = 'masks')",
    )
    const maskAt = (ms: number) => runs.find(([from, to]) => from < ms && ms <= to)?.[2]
    const [stream] = streams
    expect(stream?.mask).toEqual(stream?.endMs.map(maskAt))
    expect(new Set(stream?.mask).size).toBeGreaterThan(5)
  })

  test('say nothing where nothing is known, and never 0', async () => {
    const { streams } = await aCall('unknown', [{ at: 5, packets_received: 0, packets_lost: 0, jitter_tenth_ms: 90 }])
    expect(streams[0]).toMatchObject({
      ...{ mos: [null], lossRatio: [null], jitterMs: [null], roundTripMs: [null], concealedRatio: [null] },
      ...{ mosName: undefined, codecRows: [], mask: [intervalMask.blind] },
    })
  })

  test('of running counters are differenced, over the border of the minute; the first and what has no base are gaps', async () => {
    const counted = (second: number, received: number, lost: number) => ({
      ...{ at: second, scope: 'cumulative', interval_ms: 0, epoch: '7:s', codec: 'PCMU' },
      ...{ packets_received: received, packets_lost: lost },
    })
    const { streams } = await aCall('counters', [
      ...[counted(50, 1_000, 10), counted(58, 1_380, 30), counted(66, 1_780, 30), counted(150, 9_000, 90)],
      // A report on the whole call stands beside what is finer.
      { at: 150, ...heard, scope: 'call', interval_ms: 150_000, codec: 'PCMU' },
    ])
    expect(streams.map(({ scope }) => scope)).toEqual(['call', 'cumulative'])
    expect(streams[1]).toMatchObject({
      ...{ scope: 'cumulative', endMs: [at(58), at(66)], lengthMs: [8_000, 8_000], lossRatio: [0.05, 0] },
    })
  })

  test('take the codec that events state, and leave what came before the answer unjudged', async () => {
    const { streams } = await aCall(
      'events',
      [
        { at: 5, ...heard, packets_lost: 250 },
        { at: 15, ...heard },
        { at: 25, ...heard },
      ],
      [
        { at: 10, type: 'call.answered', codec: 'PCMU' },
        { at: 20, type: 'call.codec_changed', codec: 'G729' },
      ],
    )
    expect(streams[0]).toMatchObject({ mask: [1 + 2_048, 1, 1] })
    expect(streams[0]?.codecRows.map(({ row }) => row)).toEqual(['G.711', 'G.729A+VAD'])
  })

  test('are drawn on one scale: a MOS of another band is a gap', async () => {
    const { streams } = await aCall('bands', [
      ...[5, 10, 15].map((second) => ({ at: second, ...heard, codec: 'PCMU', round_trip_tenth_ms: 500 })),
      { at: 20, ...heard, codec: 'AMR-WB/23.85', round_trip_tenth_ms: 500 },
      { at: 25, ...heard, codec: 'PCMU' },
    ])
    expect(streams[0]).toMatchObject({ mosName: 'MOS-CQEN', band: 'N' })
    expect(streams[0]?.mos.map((value) => value !== null)).toEqual([true, true, true, false, false])
  })

  test('bring the limits they were judged by', async () => {
    await aCall('limits', [{ at: 5, ...heard }])
    const { lossBasisPoints: _, ...rest } = defaultProfile
    const read = await readSamples(warehouse.client, { tenant: 'limits', id: 'c' }, ({ profileVersion }) => ({
      ...{ ...rest, version: profileVersion },
    }))
    expect(read?.thresholds).toEqual({
      ...{ loss: undefined, jitterMs: { degraded: 30, poor: 50 }, roundTripMs: { degraded: 300, poor: 500 } },
      concealment: { degraded: 0.03, poor: 0.07 },
      mos: { N: { degraded: 3.6, poor: 3.1 }, W: { degraded: 3.8, poor: 3.3 }, F: { degraded: 3.8, poor: 3.3 } },
    })
  })

  test("of another tenant's call are nobody else's business", async () => {
    await aCall('secret', [{ at: 5, ...heard }])
    await plantCalls(warehouse, [{ id: 'own', tenant: 'curious', at: at(0) }])
    expect(await readSamples(warehouse.client, { tenant: 'curious', id: 'c' }, () => defaultProfile)).toBeUndefined()
    expect((await samplesOf('curious', 'own')).streams).toEqual([])
  })
})
