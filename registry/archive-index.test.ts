import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ArchivedObject, Cut } from '#contracts/archive.ts'
import type { Registry } from '#contracts/registry.ts'
import { asTenant, type Database } from './database.ts'
import { openPgliteDatabase } from './pglite-database.ts'
import { registryOn } from './registry.ts'

let database: Database
let registry: Registry

beforeAll(async () => {
  database = await openPgliteDatabase(undefined)
  registry = await registryOn(database, () => 0)
})
afterAll(() => registry.close())
beforeEach(() => database.script('TRUNCATE callscope.archive_cuts CASCADE'))

const place = { topic: 'call-events', partition: 3 }
const startMs = Date.UTC(2026, 0, 31, 10)
const minuteMs = 60_000

const aCut = (fromOffset: number, toOffset: number, epoch = 0): Cut => ({
  ...{ ...place, epoch, fromOffset, toOffset, lastLogMs: startMs + toOffset * minuteMs },
})

/** One message a minute. */
const anObject = (cut: Cut, parts: Partial<ArchivedObject> = {}): ArchivedObject => ({
  ...cut,
  ...{
    key: `${cut.topic}/${cut.epoch}/${cut.fromOffset}/${parts.tenant ?? 'acme'}`,
    tenant: 'acme',
    day: '2026-01-31',
  },
  firstLogMs: startMs + cut.fromOffset * minuteMs,
  ...{ rows: cut.toOffset - cut.fromOffset, bytes: 1_000, sha256: 'ab'.repeat(32), dataClass: 'calls' },
  ...{ storageClass: 'STANDARD', retentionUntilMs: startMs, writtenMs: startMs, erasedUntil: 0 },
  ...parts,
})

const add = (cut: Cut, ...objects: readonly Partial<ArchivedObject>[]) =>
  registry.archive.add(
    cut,
    (objects.length === 0 ? [{}] : objects).map((parts) => anObject(cut, parts)),
  )
const keysOf = async (filter: Parameters<Registry['archive']['objects']>[0]) =>
  (await Array.fromAsync(registry.archive.objects(filter))).map(({ key }) => key)

describe('the account of offsets', () => {
  test('goes on after the last cut, and with a log made anew from its start', async () => {
    expect(await registry.archive.last(place)).toBeUndefined()
    await add(aCut(0, 10))
    await add(aCut(10, 25))
    expect(await registry.archive.last(place)).toEqual(aCut(10, 25))
    await add(aCut(0, 4, 1))
    expect(await registry.archive.last(place)).toEqual(aCut(0, 4, 1))
    expect(await registry.archive.last({ ...place, partition: 4 })).toBeUndefined()
  })

  test('takes the same cut again, and none that shares an offset with another', async () => {
    expect(await add(aCut(0, 10))).toBe('added')
    expect(await add(aCut(0, 10))).toBe('added')
    expect(await Promise.all([add(aCut(5, 15)), add(aCut(0, 5)), add(aCut(9, 10)), add(aCut(0, 30))])).toEqual(
      Array.from({ length: 4 }, () => 'covered'),
    )
    expect((await keysOf({})).length).toBe(1)
  })

  test('lets only one of two members have a cut that both have made', async () => {
    const outcomes = await Promise.all([add(aCut(0, 10)), add(aCut(0, 12))])
    expect(outcomes.sort()).toEqual(['added', 'covered'])
    expect((await keysOf({})).length).toBe(1)
  })

  test('has a cut with all its objects, or not at all', async () => {
    const wrong = add(aCut(0, 10), {}, { key: 'other', sha256: 'no checksum' })
    await expect(wrong).rejects.toThrow('check constraint')
    expect(await registry.archive.last(place)).toBeUndefined()
    expect(await keysOf({})).toEqual([])
  })
})

describe('objects', () => {
  test('come back as they were noted, by their first log time, however many there are', async () => {
    const many = 1_201
    await database.script(`INSERT INTO callscope.archive_cuts VALUES ('cdr-events', 0, 0, 0, 1, 0);
      INSERT INTO callscope.archive_objects SELECT 'k' || at, 'cdr-events', 0, 0, 0, 1, 'acme', '2026-01-31', at % 7, 10, 1, 1,
        repeat('a', 64), 'calls', 'STANDARD', 1, 1 FROM generate_series(1, ${many}) AS at`)
    const objects = await Array.fromAsync(registry.archive.objects({}))
    expect(new Set(objects.map(({ key }) => key)).size).toBe(many)
    expect(objects.map(({ firstLogMs }) => firstLogMs)).toEqual(objects.map(({ firstLogMs }) => firstLogMs).sort())
    await add(aCut(0, 10))
    expect(await Array.fromAsync(registry.archive.objects({ topic: 'call-events' }))).toEqual([anObject(aCut(0, 10))])
  })

  test('are found by tenant with what is of several or of nobody, by topic and by log time', async () => {
    await add(
      aCut(0, 10),
      {},
      { tenant: 'globex', key: 'g' },
      { tenant: '_mixed', key: 'm' },
      { tenant: '_unknown', key: 'u' },
    )
    await add(aCut(10, 20))
    expect(await keysOf({ tenant: 'globex' })).toEqual(['g', 'm', 'u'])
    expect(await keysOf({ topic: 'cdr-events' })).toEqual([])
    const second = anObject(aCut(10, 20)).key
    expect(await keysOf({ tenant: 'acme', sinceMs: startMs + 11 * minuteMs })).toEqual([second])
    expect(await keysOf({ untilMs: startMs })).toEqual([])
    expect((await keysOf({ untilMs: startMs + 1 })).length).toBe(4)
  })

  test('are summed up by day, tenant and topic, latest first', async () => {
    await add(
      aCut(0, 10),
      { retentionUntilMs: 5 },
      { tenant: 'globex', key: 'g', day: '2026-02-01', retentionUntilMs: 9 },
    )
    await add(aCut(10, 20))
    expect(await registry.archive.summary({}, 10)).toEqual([
      {
        tenant: 'globex',
        day: '2026-02-01',
        topic: 'call-events',
        objects: 1,
        rows: 10,
        bytes: 1_000,
        retentionUntilMs: 9,
      },
      {
        tenant: 'acme',
        day: '2026-01-31',
        topic: 'call-events',
        objects: 2,
        rows: 20,
        bytes: 2_000,
        retentionUntilMs: 5,
      },
    ])
    expect((await registry.archive.summary({}, 1)).map(({ tenant }) => tenant)).toEqual(['globex'])
    expect((await registry.archive.summary({ tenant: 'acme' }, 9)).map(({ objects }) => objects)).toEqual([2])
  })

  test('are shown to their tenant only, who can add none', async () => {
    await add(aCut(0, 10), {}, { tenant: 'globex', key: 'g' }, { tenant: '_mixed', key: 'm' })
    const seen = await asTenant(database, 'globex', ({ query }) => query('SELECT key FROM callscope.archive_objects'))
    expect(seen).toEqual([{ key: 'g' }])
    const taken = asTenant(database, 'globex', ({ query }) => query('DELETE FROM callscope.archive_objects'))
    await expect(taken).rejects.toThrow('permission denied')
  })
})
