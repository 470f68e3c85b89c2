import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TenantScope } from '#contracts/warehouse.ts'
import { defaultProfile } from '#quality/profile.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { plantCalls } from './calls-for-tests.ts'
import { readFacets } from './facets.ts'
import { readNow } from './now.ts'
import { readTimeline } from './timeline.ts'

const startMs = Date.UTC(2026, 4, 1, 10)
const minuteMs = 60_000
let warehouse: TestWarehouse

beforeAll(async () => {
  warehouse = await startWarehouse()
  await plantCalls(warehouse, [
    ...Array.from({ length: 20 }, (_, n) => ({
      ...{ id: `n${n}`, at: startMs + n * minuteMs, carrier: 'northtel', class: n < 10 ? 'poor' : 'good' },
      ...{ findings: n < 10 ? ['one_way_audio', 'late_media'] : [], region: 'eu' },
    })),
    { id: 'b0', at: startMs, carrier: 'bluewave', class: 'poor' },
    { id: 'b1', at: startMs, carrier: 'bluewave', class: 'unclassified' },
    {
      id: 'g0',
      at: startMs,
      tenant: 'globex',
      carrier: 'zeta',
      class: 'degraded',
      state: 'open',
      next_due: startMs + 90 * minuteMs,
    },
    { id: 'old', at: startMs - 90 * minuteMs, carrier: 'zeta', state: 'open', next_due: startMs - 85 * minuteMs },
  ])
})
afterAll(() => warehouse.stop())

describe('timeline', () => {
  test('counts calls by class in every bucket of the time, empty ones too', async () => {
    const { buckets, bucketMs } = await readTimeline(warehouse.client, {
      ...{ sinceMs: startMs - 10 * minuteMs, untilMs: startMs + 20 * minuteMs, buckets: 3 },
    })
    expect(bucketMs).toBe(10 * minuteMs)
    expect(buckets).toEqual([
      { atMs: startMs - 10 * minuteMs, good: 0, degraded: 0, poor: 0, unclassified: 0 },
      { atMs: startMs, good: 0, degraded: 1, poor: 11, unclassified: 1 },
      { atMs: startMs + 10 * minuteMs, good: 10, degraded: 0, poor: 0, unclassified: 0 },
    ])
  })

  test('counts what the filter leaves, and nothing for an id that no call has', async () => {
    const window = { sinceMs: startMs, untilMs: startMs + 20 * minuteMs, buckets: 1 }
    const of = async (filter: object) => (await readTimeline(warehouse.client, { ...window, ...filter })).buckets[0]
    expect(await of({ tenant: 'globex' })).toMatchObject({ degraded: 1, poor: 0, good: 0 })
    expect(await of({ tenant: ['globex', 'nobody'] })).toMatchObject({ degraded: 1, poor: 0, good: 0 })
    expect(await of({ tenant: [] })).toMatchObject({ degraded: 0, poor: 0, good: 0 })
    expect(await of({ carrier: 'bluewave' })).toMatchObject({ poor: 1, unclassified: 1, good: 0 })
    expect(await of({ id: 'nobody' })).toMatchObject({ poor: 0, good: 0, degraded: 0 })
  })
})

describe('facets', () => {
  test('list the values of a time, most calls first, and leave out what is not known', async () => {
    const { total, facets } = await readFacets(warehouse.client, { sinceMs: startMs })
    expect(total).toBe(23)
    expect(facets.carrier).toEqual([
      { value: 'northtel', calls: 20 },
      { value: 'bluewave', calls: 2 },
      { value: 'zeta', calls: 1 },
    ])
    expect(facets.finding).toEqual([
      { value: 'late_media', calls: 10 },
      { value: 'one_way_audio', calls: 10 },
    ])
    expect(facets.tenant.map(({ value }) => value)).toEqual(['acme', 'globex'])
    expect(facets.region).toEqual([{ value: 'eu', calls: 20 }])
    expect(facets.route).toEqual([])
  })

  test("of a tenant name nobody else's values", async () => {
    for (const tenant of ['globex', ['globex']])
      expect((await readFacets(warehouse.client, { tenant })).facets.carrier).toEqual([{ value: 'zeta', calls: 1 }])
    expect((await readFacets(warehouse.client, { tenant: ['acme', 'globex'], sinceMs: startMs })).total).toBe(23)
  })
})

describe('now', () => {
  const now = (tenant?: TenantScope) =>
    readNow(warehouse.client, {
      ...{ tenant, fromMs: startMs, untilMs: startMs + 60 * minuteMs, profile: defaultProfile },
    })
  const minute = (over: object) => ({
    ...{
      tenant: 'acme',
      correlation_id: 'n0',
      minute: startMs / 1_000,
      leg_id: 'a',
      kind: 'audio',
      direction: 'receive',
    },
    ...{
      stream_id: '',
      observer: 'browser',
      scope: 'interval',
      version: 1,
      row_count: 1,
      measured_ms: 60_000,
      packets_received: 1,
    },
    ...over,
  })
  const tally = (over: object) => ({
    ...{ kind: 'conversational', band: 'N', source: 'computed', codec_row: 'G.711', grounded: 1, ms: 60_000 },
    ...{ hundredth_ms: 60_000 * 412, min_hundredths: 412, max_hundredths: 412, extrapolated_ms: 0 },
    ...over,
  })

  test('counts what goes on and what has started, and puts the surely bad before the once bad', async () => {
    const figures = await now()
    expect(figures).toMatchObject({
      ...{ activeCalls: 1, startedCalls: 23 },
      classes: { good: 10, poor: 11, degraded: 1, unclassified: 1 },
    })
    expect(figures.worst.carrier).toEqual([
      { value: 'northtel', calls: 20, bad: 10, poor: 10, unclassified: 0 },
      { value: 'bluewave', calls: 2, bad: 1, poor: 1, unclassified: 1 },
      { value: 'zeta', calls: 1, bad: 1, poor: 0, unclassified: 0 },
    ])
    expect((await now('acme')).activeCalls).toBe(0)
  })

  test('talk is counted once, on one scale, by the view that is believed; what no grounded MOS covers stays apart', async () => {
    const values = [
      // 20 s of the minute below the limit. The same minute as another observer saw it, and as it was made before.
      minute({
        ...{
          version: 2,
          runs: [
            { from_ms: startMs, to_ms: startMs + 40_000, mask: 1 },
            { from_ms: startMs + 40_000, to_ms: startMs + 60_000, mask: 1 + 512 },
          ],
        },
        mos: [tally({}), tally({ kind: 'listening', hundredth_ms: 60_000 * 430 })],
      }),
      minute({ mos: [tally({ hundredth_ms: 60_000 * 200 })] }),
      minute({ observer: 'sbc', mos: [tally({ hundredth_ms: 60_000 * 250 })] }),
      // Mostly without a delay: listening. Two codecs on one scale are one scale.
      minute({
        direction: 'send',
        mos: [
          tally({ ms: 10_000, hundredth_ms: 10_000 * 412 }),
          tally({ kind: 'listening', ms: 20_000, hundredth_ms: 20_000 * 400 }),
          tally({ kind: 'listening', codec_row: 'G.729A', ms: 30_000, hundredth_ms: 30_000 * 400 }),
        ],
      }),
      minute({ correlation_id: 'n1', mos: [tally({ grounded: 0 }), tally({ source: 'reported' })] }),
      minute({ tenant: 'globex', correlation_id: 'g0', mos: [tally({ kind: 'listening', band: 'W' })] }),
      minute({ correlation_id: 'n2', minute: startMs / 1_000 - 60, mos: [tally({})] }),
    ]
    await warehouse.client.insert({ table: 'call_minutes', values, format: 'JSONEachRow' })
    const { scales, unscoredMinutes } = await now('acme')
    expect(await now(['acme', 'nobody'])).toMatchObject({ scales, unscoredMinutes })
    expect(await now([])).toMatchObject({ startedCalls: 0, scales: [], unscoredMinutes: 0 })
    expect(scales.map(({ heatmap: _, ...scale }) => scale)).toEqual([
      { name: 'MOS-CQEN', thresholdMos: 3.6, minutes: 1, belowMinutes: 0.333 },
      { name: 'MOS-LQEN', thresholdMos: 3.6, minutes: 0.833, belowMinutes: 0 },
    ])
    expect(unscoredMinutes).toBe(1.167)
    const [conversational] = scales
    expect(conversational?.heatmap.times[0]).toBe(startMs)
    expect(conversational?.heatmap.minutes[0]?.[31]).toBe(1)
    expect(conversational?.heatmap.minutes.flat().filter((cell) => cell > 0)).toEqual([1])
    expect((await now()).scales.map(({ name, minutes }) => [name, minutes])).toEqual([
      ['MOS-CQEN', 1],
      ['MOS-LQEN', 0.833],
      ['MOS-LQEW', 1],
    ])
  })
})
