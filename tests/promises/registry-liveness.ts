import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Registry } from '#contracts/registry.ts'
import type { Database } from '#registry/database.ts'
import { registryOn } from '#registry/registry.ts'

/** What the registry promises of who is there and how far he has come, on whatever Postgres it stands. */
export function describeRegistryLiveness(name: string, open: () => Promise<Database>): void {
  describe(`the registry on ${name} knows who is there`, () => {
    let database: Database
    let registry: Registry
    const now = 1_700_000_000_000

    beforeAll(async () => {
      database = await open()
      registry = await registryOn(database, () => now)
    })
    afterAll(() => registry.close())
    beforeEach(() =>
      database.script('TRUNCATE callscope.watermarks, callscope.watermark_readers, callscope.census_progress'),
    )

    describe('readers of watermarks', () => {
      const mark = (source: string) => ({ tenant: '*', source, watermarkMs: now, atEnd: false })
      const silent = async () =>
        (await registry.watermarkReaders.silent()).map(({ topic, silentMs }) => [topic, silentMs > 60_000])
      const quietSince = (topic: string, hours: number) =>
        database.query('UPDATE callscope.watermark_readers SET alive_ms = alive_ms - $2 WHERE topic = $1', [
          topic,
          hours * 3_600_000,
        ])

      test('are known by topic; imports and topics without a watermark need none', async () => {
        await registry.watermarks.write([mark('app-logs/0'), mark('app-logs/11'), mark('call-events/0')])
        await registry.watermarks.write([mark('import:run-1'), mark('import:a/1')])
        expect(await silent()).toEqual([])
        await registry.watermarkReaders.beat(['call-events', 'conf-events', 'call-events'])
        await registry.watermarkReaders.notice()
        expect(await silent()).toEqual([
          ['app-logs', false],
          ['call-events', false],
        ])
      })

      test('who falls silent is told for how long, until he speaks again; to be noticed is not to speak', async () => {
        await registry.watermarks.write([mark('app-logs/0')])
        await registry.watermarkReaders.notice()
        await quietSince('app-logs', 2)
        await registry.watermarkReaders.notice()
        const [told] = await registry.watermarkReaders.silent()
        expect(Math.round((told?.silentMs ?? 0) / 3_600_000)).toBe(2)
        await registry.watermarkReaders.beat(['app-logs'])
        expect(await silent()).toEqual([['app-logs', false]])
      })
    })

    describe('how far a count has come', () => {
      test('is kept by shard, until it is forgotten or too long ago', async () => {
        const { censusProgress } = registry
        await censusProgress.note([1, 2], 1)
        await censusProgress.note([2, 3], 5)
        const reached = () => censusProgress.reached([1, 2, 3, 4], 3_600_000)
        expect(await reached()).toEqual(new Map([[1, 1], [2, 5], [3, 5]])) // biome-ignore format: a small map
        await censusProgress.forget([2])
        expect([...(await reached()).keys()].sort()).toEqual([1, 3])
        await database.query('UPDATE callscope.census_progress SET begun_ms = begun_ms - 3600001 WHERE shard = 1')
        // To go on with it makes it no younger; to begin anew does.
        await censusProgress.note([1], 9)
        expect([...(await reached()).keys()]).toEqual([3])
        await censusProgress.note([1], 1)
        expect([...(await reached()).keys()].sort()).toEqual([1, 3])
      })
    })
  })
}
