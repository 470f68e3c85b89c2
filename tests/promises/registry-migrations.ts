import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '#registry/database.ts'
import { migrate } from '#registry/migrate.ts'
import { type Migration, readMigrations } from '#registry/migrations.ts'
import { migrationsFolder } from '#registry/registry.ts'

/** How a registry is brought up to date, on whatever Postgres it stands: one with no other registry beside it. */
export function describeRegistryMigrations(name: string, open: () => Promise<Database>): void {
  describe(`on ${name}`, () => {
    let database: Database
    let shipped: readonly Migration[]
    const clock = () => 1_700_000_000_000

    beforeAll(async () => {
      database = await open()
      shipped = await readMigrations(migrationsFolder)
    })
    afterAll(() => database.close())

    beforeEach(async () => {
      await database.script('DROP SCHEMA IF EXISTS callscope CASCADE')
    })

    const aMigration = (number: number, sql: string, checksum = sql): Migration => ({
      number,
      name: `000${number}_m`,
      sql,
      checksum,
      wayBack: '',
    })

    const tableNames = async () => {
      const rows = await database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'callscope' ORDER BY 1`)
      return rows.map(({ tablename }) => tablename)
    }

    describe('migrations', () => {
      test('are applied once, in order, and noted down', async () => {
        expect(await migrate(database, shipped, clock)).toEqual(shipped.map(({ name }) => name))
        expect(await migrate(database, shipped, clock)).toEqual([])
        const noted = await database.query('SELECT number, name, checksum FROM callscope.schema_migrations ORDER BY 1')
        expect(noted).toEqual(shipped.map(({ number, name, checksum }) => ({ number, name, checksum })))
      })

      test('each have a way back that leaves nothing of them', async () => {
        await migrate(database, shipped, clock)
        for (const { wayBack } of shipped.toReversed()) await database.script(wayBack)
        expect(await tableNames()).toEqual(['schema_migrations'])
        expect(await database.query(`SELECT FROM pg_roles WHERE rolname LIKE 'callscope\\_%'`)).toEqual([])
        await database.script('DROP TABLE callscope.schema_migrations')
        expect((await migrate(database, shipped, clock)).length).toBe(shipped.length)
      })

      test('edited after they were applied are refused, before anything is changed', async () => {
        await migrate(database, [aMigration(1, 'CREATE TABLE callscope.a ()')], clock)
        const edited = [
          aMigration(1, 'CREATE TABLE callscope.a ()', 'other'),
          aMigration(2, 'CREATE TABLE callscope.b ()'),
        ]
        await expect(migrate(database, edited, clock)).rejects.toThrow(
          'Migration 0001_m was edited after it had been applied',
        )
        expect(await tableNames()).toEqual(['a', 'schema_migrations'])
      })

      test('of a newer program are refused', async () => {
        await migrate(database, [aMigration(1, 'SELECT 1'), aMigration(2, 'SELECT 2')], clock)
        await expect(migrate(database, [aMigration(1, 'SELECT 1')], clock)).rejects.toThrow(
          'newer than this program: it has migration 0002_m',
        )
      })

      test('that fail are undone as a whole; those before stay', async () => {
        const broken = [
          aMigration(1, 'CREATE TABLE callscope.a ()'),
          aMigration(2, 'CREATE TABLE callscope.b (); SELECT 1/0'),
        ]
        await expect(migrate(database, broken, clock)).rejects.toThrow(
          'Migration 0002_m failed and was undone: division by zero',
        )
        expect(await tableNames()).toEqual(['a', 'schema_migrations'])
      })
    })
  })
}
