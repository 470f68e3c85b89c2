import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DirtyMinutes } from '#contracts/summaries.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { createAuditReader } from '../audit/audit-reader.ts'
import { readMinutes } from '../read/call-minutes.ts'
import { at, expiresAt, makeMinutes, minute, type Planted, plantEvents, plantSamples } from './minutes-for-tests.ts'
import { readDigests } from './stream-digests.ts'

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
  await warehouse.client.command({ query: 'SYSTEM STOP TTL MERGES quality_samples' })
})
afterAll(() => warehouse?.stop())

const samples = (tenant: string, rows: readonly Planted[]) => plantSamples(warehouse, tenant, rows)
const make = (tenant: string, minutes: readonly number[], over: Partial<DirtyMinutes> = {}) =>
  makeMinutes(warehouse, tenant, { minutes, ...over })
const digestOf = async (tenant: string) =>
  (await readDigests(warehouse.client, [{ tenant, id: 'c' }])).map(({ row }) => row)
const found = async (tenant: string) => {
  const reader = createAuditReader(warehouse.client)
  const { differences } = await reader.minutes({ fromMs: at(-3_600), toMs: at(3_600) }, Date.now())
  return differences.filter((difference) => difference.tenant === tenant)
}
const deleteRaw = (where: string) =>
  warehouse.client.command({ query: `ALTER TABLE quality_samples DELETE WHERE ${where} SETTINGS mutations_sync = 2` })

const interval = (second: number, checksum: number): Planted => {
  return { at: second, packets_received: 250, packets_lost: 5, checksum }
}
const counter = (second: number, received: number, checksum: number): Planted => ({
  ...{ at: second, scope: 'cumulative', interval_ms: 0, epoch: '77:s-1', checksum },
  ...{ packets_received: received, packets_lost: 0 },
})

describe('one sample sent twice, once as an interval and once as a running counter', () => {
  const counters = [counter(45, 1_000, 1), counter(50, 1_250, 1), counter(55, 1_500, 1), counter(65, 2_000, 1)]

  test('leaves nothing of the interval where the counter stays', async () => {
    await samples('counted', [interval(50, 0)])
    await make('counted', [minute])
    await samples('counted', counters)
    await make('counted', [minute, minute + 1], { cumulative: true })
    await samples('straight', [...counters, interval(50, 0)])
    await make('straight', [minute, minute + 1], { cumulative: true })
    expect(await digestOf('counted')).toMatchObject([{ scope: 'cumulative', packetsReceived: 1_000 }])
    expect(await digestOf('counted')).toEqual(await digestOf('straight'))
    expect(await found('counted')).toEqual([])
  })

  test('leaves nothing of the counter where the interval stays, nor of what the next minute made of it', async () => {
    // The counters of one minute and the next are one each: with the first of them gone the second has no base.
    await samples('heard', [counter(50, 1_250, 1), counter(65, 2_000, 1)])
    await make('heard', [minute, minute + 1], { cumulative: true })
    expect(await digestOf('heard')).toMatchObject([{ scope: 'cumulative', packetsReceived: 750 }])
    await samples('heard', [interval(50, 2)])
    await make('heard', [minute])
    expect(await digestOf('heard')).toMatchObject([{ scope: 'interval', packetsReceived: 250 }])
    expect(
      await warehouse.rows(`SELECT max(scope), count() FROM call_minutes FINAL
      WHERE tenant = 'heard' AND scope = 'cumulative' AND measured_ms > 0`),
    ).toEqual([['interval', 0]])
    expect(await found('heard')).toEqual([])
    expect((await readMinutes(warehouse.client, 'heard', ['c'])).map(({ minuteMs }) => minuteMs)).toEqual([at(0)])
  })

  test('leaves the counters alone of a phone that reports both', async () => {
    const both = [...counters, { ...interval(48, 1), interval_ms: 1_000 }]
    await samples('both', both)
    await make('both', [minute, minute + 1], { cumulative: true })
    const rows = () =>
      warehouse.rows(`SELECT toString(minute), scope, row_count, packets_received FROM call_minutes FINAL
        WHERE tenant = 'both' ORDER BY minute, scope`)
    const before = await rows()
    await make('both', [minute])
    expect(await rows()).toEqual(before)
  })
})

describe('raw rows that are not there any more', () => {
  test('take their minute with them', async () => {
    await samples('lost', [interval(5, 1), interval(65, 1)])
    await make('lost', [minute, minute + 1])
    await deleteRaw(`tenant = 'lost' AND interval_end < fromUnixTimestamp64Milli(${at(60)})`)
    const [difference] = await found('lost')
    expect(difference).toMatchObject({ kind: 'minute', minutes: [minute] })
    await make('lost', difference?.minutes ?? [], { cumulative: true })
    expect(await digestOf('lost')).toMatchObject([{ packetsReceived: 250, firstMs: at(60) }])
    expect(await found('lost')).toEqual([])
  })

  test.each([
    ['is about to expire', 19],
    ['has gone', 21],
  ])('leave their minute as it was where raw that is kept for 30 days %s', async (name, daysBefore) => {
    const tenant = name.replaceAll(' ', '-')
    const second = -daysBefore * 86_400
    await samples(tenant, [{ ...interval(second + 5, 1), expires_at: at(second) / 1_000 + 30 * 86_400 }])
    await make(tenant, [minute + second / 60])
    const before = await digestOf(tenant)
    expect(before).toMatchObject([{ packetsReceived: 250 }])
    await deleteRaw(`tenant = '${tenant}'`)
    await make(tenant, [minute + second / 60], { cumulative: true, rescore: true })
    expect(await digestOf(tenant)).toEqual(before)
  })
})

test.each([
  ['is gone because it was wrong are scored again', expiresAt, ['']],
  ['has expired before their own raw keep their score', Math.floor(Date.now() / 1_000) + 86_400, ['G.711']],
])('minutes whose codec %s', async (name, eventExpiresAt, codecRows) => {
  const tenant = name.replaceAll(' ', '-')
  const event = { at: 0, type: 'call.routed', codec: 'PCMU', expires_at: eventExpiresAt }
  await plantEvents(warehouse, tenant, [event])
  await samples(tenant, [interval(5, 1)])
  await make(tenant, [minute])
  const scored = async () => [...new Set((await digestOf(tenant)).map(({ mos }) => mos[0]?.codecRow ?? ''))]
  expect(await scored()).toEqual(['G.711'])
  await warehouse.client.command({
    query: `ALTER TABLE call_events DELETE WHERE tenant = '${tenant}' SETTINGS mutations_sync = 2`,
  })
  await make(tenant, [], { urgency: 'now' })
  expect(await scored()).toEqual(codecRows)
})
