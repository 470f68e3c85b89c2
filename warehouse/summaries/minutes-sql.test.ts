import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { intervalMask } from '#contracts/interval-mask.ts'
import type { DirtyMinutes } from '#contracts/summaries.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { at, expiresAt, makeMinutes, minute, type Planted, plantEvents, plantSamples } from './minutes-for-tests.ts'
import { readDigests } from './stream-digests.ts'

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse?.stop())

const samples = (tenant: string, rows: readonly Planted[]) => plantSamples(warehouse, tenant, rows)
const events = (tenant: string, rows: readonly Planted[]) => plantEvents(warehouse, tenant, rows)
const make = (tenant: string, minutes: readonly number[], over: Partial<DirtyMinutes> = {}) =>
  makeMinutes(warehouse, tenant, { minutes, ...over })

const runs = 'arrayMap(run -> (run.from_ms, run.to_ms, run.mask), runs)'
const minutesOf = (tenant: string, columns: string) =>
  warehouse.rows(`SELECT ${columns} FROM call_minutes FINAL WHERE tenant = '${tenant}' ORDER BY minute, leg_id, scope`)
const digestOf = async (tenant: string) =>
  (await readDigests(warehouse.client, [{ tenant, id: 'c' }])).map(({ row }) => row)

describe('a minute of intervals, worked out by hand', () => {
  test('counts and sums, unknown apart from nothing, means by time, and runs', async () => {
    await samples('hand', [
      { at: 5, packets_received: 250, packets_lost: 0, jitter_tenth_ms: 40 },
      // Twice as long, so its jitter weighs twice. Loss of 20 / 500 = 4 %: degraded.
      { at: 15, interval_ms: 10_000, packets_received: 480, packets_lost: 20, jitter_tenth_ms: 100 },
      // Nobody counted losses here: nothing is expected of it.
      { at: 20, packets_received: 250 },
      // Observed, and silent.
      { at: 30, packets_received: 0, packets_lost: 0 },
    ])
    await make('hand', [minute])
    const columns = `row_count, checksum_sum, toUnixTimestamp(raw_until), measured_ms, packets_received, packets_lost, packets_expected,
      packets_discarded, packets_sent, jitter_weight_ms, jitter_tenth_ms_sum, jitter_min, jitter_max, round_trip_weight_ms, toString(scope)`
    expect(await minutesOf('hand', columns)).toEqual([
      [
        4,
        100 + 101 + 102 + 103,
        expiresAt,
        25_000,
        980,
        20,
        750,
        null,
        null,
        15_000,
        40 * 5_000 + 100 * 10_000,
        40,
        100,
        0,
        'interval',
      ],
    ])
    const { media, lossDegraded, blind } = intervalMask
    expect(await minutesOf('hand', runs)).toEqual([
      [
        [
          [at(0), at(5), media],
          [at(5), at(15), media | lossDegraded],
          [at(15), at(20), media | blind],
          [at(25), at(30), blind],
        ],
      ],
    ])
    const [digest] = await digestOf('hand')
    expect(digest).toMatchObject({
      ...{
        firstMs: at(0),
        lastMs: at(30),
        measuredMs: 25_000,
        packetsExpected: 750,
        roundTrip: undefined,
        packetsSent: undefined,
      },
      jitter: { weightMs: 15_000, tenthMs: 1_200_000, min: 40, max: 100 },
    })
  })

  test('early media is kept apart: shown in runs, and in no score', async () => {
    await events('early', [{ at: 10, type: 'call.answered', codec: 'PCMU' }])
    await samples('early', [
      { at: 10, packets_received: 250, packets_lost: 0 },
      { at: 15, packets_received: 250, packets_lost: 0 },
    ])
    await make('early', [minute])
    const { media, early } = intervalMask
    expect(await minutesOf('early', `${runs}, arrayMap(t -> (toString(t.kind), t.codec_row, t.ms), mos)`)).toEqual([
      [
        [
          [at(5), at(10), media | early],
          [at(10), at(15), media],
        ],
        [['listening', 'G.711', 5_000]],
      ],
    ])
  })

  test('the codec is what the sample says, else what its leg was told last before its end, else first', async () => {
    await events('codec', [
      { at: 20, type: 'call.codec_changed', codec: 'G729', leg_id: 'caller' },
      { at: 30, type: 'call.codec_changed', codec: 'GSM-EFR', leg_id: 'callee' },
      { at: 40, type: 'call.codec_changed', codec: 'PCMA' },
    ])
    const heard = { packets_received: 250, packets_lost: 0 }
    await samples('codec', [
      ...[10, 25, 35, 45].map((second) => ({ at: second, ...heard })),
      { at: 50, ...heard, codec: 'PCMU' },
      { at: 35, ...heard, leg_id: 'third' },
    ])
    await make('codec', [minute])
    expect(await minutesOf('codec', 'leg_id, codecs')).toEqual([
      ['caller', ['G729', 'PCMA', 'PCMU']],
      ['third', ['PCMA']],
    ])
    expect(
      await minutesOf(
        'codec',
        "leg_id, arraySort(arrayMap(t -> (t.codec_row, t.ms), arrayFilter(t -> t.kind = 'listening', mos)))",
      ),
    ).toEqual([
      [
        'caller',
        [
          ['G.711', 10_000],
          ['G.729A+VAD', 15_000],
        ],
      ],
      ['third', [['G.711', 5_000]]],
    ])
  })

  test('reported values are tallied beside computed ones, never with them', async () => {
    const measured = { packets_received: 250, packets_lost: 0, codec: 'PCMU' }
    await samples('reported', [
      { at: 5, ...measured, mos_listening_hundredths: 410 },
      { at: 10, ...measured, mos_listening_hundredths: 390 },
    ])
    await make('reported', [minute])
    const [[tallies] = []] = await warehouse.rows<[[string, string, number, number, number, number][]]>(
      `SELECT arrayMap(t -> (toString(t.source), t.codec_row, t.ms, t.hundredth_ms, t.min_hundredths, t.max_hundredths), mos) FROM call_minutes WHERE tenant = 'reported'`,
    )
    expect(tallies).toHaveLength(2)
    expect(tallies).toContainEqual(['reported', '', 10_000, 800 * 5_000, 390, 410])
    expect(tallies?.find(([source]) => source === 'computed')).toMatchObject({ 1: 'G.711', 2: 10_000 })
  })
})

describe('running counters, worked out by hand', () => {
  const counters = (second: number, received: number, lost: number, over: object = {}) => ({
    ...{
      at: second,
      scope: 'cumulative',
      interval_ms: 0,
      epoch: '7:s',
      packets_received: received,
      packets_lost: lost,
    },
    ...over,
  })
  const columns =
    'toUInt32(toUnixTimestamp(minute) / 60), row_count, measured_ms, packets_received, packets_lost, packets_expected'

  test('are differenced within an epoch, over the border of the minute, and not over more than 60 s', async () => {
    await samples('border', [
      counters(50, 1_000, 10),
      counters(58, 1_400, 12),
      counters(66, 1_800, 13),
      // 60 s on is still known, 60.001 s is not.
      counters(126, 4_800, 20),
      counters(186.001, 9_000, 99),
      counters(190, 9_200, 99),
    ])
    await make('border', [minute, minute + 1, minute + 2, minute + 3], { cumulative: true })
    expect(await minutesOf('border', columns)).toEqual([
      [minute, 2, 8_000, 400, 2, 402],
      [minute + 1, 1, 8_000, 400, 1, 401],
      [minute + 2, 1, 60_000, 3_000, 7, 3_007],
      [minute + 3, 2, 3_999, 200, 0, 200],
    ])
  })

  test('a fall begins anew, a fall of losses does not, and each epoch counts for itself', async () => {
    await samples('falls', [
      counters(5, 1_000, 10),
      counters(10, 1_250, 8),
      counters(15, 200, 1),
      counters(20, 450, 1),
      counters(22, 90_000, 0, { epoch: '8:s' }),
      counters(25, 700, 2),
      counters(27, 90_250, 5, { epoch: '8:s' }),
    ])
    await make('falls', [minute], { cumulative: true })
    // 250 - 2, then nothing, then 250, 250 + 1, and of the other epoch 250 + 5.
    expect(await minutesOf('falls', columns)).toEqual([[minute, 7, 20_000, 1_000, 4, 248 + 250 + 251 + 255]])
  })

  test('what one report leaves out is unknown for the interval, not nothing', async () => {
    await samples('holes', [
      counters(5, 1_000, 0, { concealed_samples: 5 }),
      counters(10, 1_250, 0, { packets_lost: null }),
      counters(15, 1_500, 3, { concealed_samples: 9 }),
    ])
    await make('holes', [minute], { cumulative: true })
    expect(await minutesOf('holes', `${columns}, concealed_samples`)).toEqual([
      [minute, 3, 10_000, 500, null, null, null],
    ])
  })

  test('are read one observer at a time', async () => {
    await samples('views', [
      counters(5, 1_000, 0),
      counters(6, 50_000, 0, { observer: 'sbc' }),
      counters(10, 1_250, 0),
      counters(11, 50_240, 0, { observer: 'sbc' }),
    ])
    await make('views', [minute], { cumulative: true })
    const found = await digestOf('views')
    expect(found.map(({ observer, packetsReceived }) => [observer, packetsReceived])).toEqual([
      ['browser', 250],
      ['sbc', 240],
    ])
  })
})

describe('the digest of a stream', () => {
  test('is one for each scope that measured anything', async () => {
    const call = { at: 40, scope: 'call', interval_ms: 40_000, packets_received: 2_000, packets_lost: 0 }
    await samples('scopes', [call, { at: 10, packets_received: 250, packets_lost: 1 }])
    // Of one cumulative report alone nothing is known: the whole-call report then counts.
    await samples('scopes', [
      { ...call, leg_id: 'callee' },
      { at: 20, leg_id: 'callee', scope: 'cumulative', interval_ms: 0, packets_received: 900 },
    ])
    await make('scopes', [minute], { cumulative: true })
    const found = await digestOf('scopes')
    expect(found.map(({ legId, scope, packetsReceived }) => [legId, scope, packetsReceived])).toEqual([
      ['callee', 'call', 2_000],
      ['caller', 'interval', 250],
      ['caller', 'call', 2_000],
    ])
  })

  test('joins what the minute parted, and every minute is found that was scored with other codecs', async () => {
    const heard = { packets_received: 250, packets_lost: 0 }
    await samples(
      'long',
      [55, 60, 65, 125].map((second) => ({ at: second, ...heard })),
    )
    await make('long', [minute, minute + 1, minute + 2])
    const [before] = await digestOf('long')
    expect(before).toMatchObject({
      measuredMs: 20_000,
      codecs: [],
      mos: [],
      runs: [
        [at(50), at(65), 1],
        [at(120), at(125), 1],
      ],
    })
    await events('long', [{ at: 70, type: 'call.codec_changed', codec: 'PCMU' }])
    await make('long', [], { urgency: 'now' })
    const [after] = await digestOf('long')
    expect(after).toMatchObject({
      measuredMs: 20_000,
      codecs: ['PCMU'],
      mos: [{ kind: 'listening', ms: 20_000, codecRow: 'G.711' }],
    })
  })
})
