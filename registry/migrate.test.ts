import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from './database.ts'
import { migrate } from './migrate.ts'
import { type Migration, readMigrations } from './migrations.ts'
import { openPgliteDatabase } from './pglite-database.ts'
import { migrationsFolder, registryOn } from './registry.ts'

let database: Database
let shipped: readonly Migration[]
const clock = () => 1_700_000_000_000

beforeAll(async () => {
  database = await openPgliteDatabase(undefined)
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
    expect(await database.query(`SELECT FROM pg_roles WHERE rolname LIKE 'callscope%'`)).toEqual([])
    await database.script('DROP TABLE callscope.schema_migrations')
    expect((await migrate(database, shipped, clock)).length).toBe(shipped.length)
  })

  test('edited after they were applied are refused, before anything is changed', async () => {
    await migrate(database, [aMigration(1, 'CREATE TABLE callscope.a ()')], clock)
    const edited = [aMigration(1, 'CREATE TABLE callscope.a ()', 'other'), aMigration(2, 'CREATE TABLE callscope.b ()')]
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

test('the registry works for an owner who is no superuser, and hides rows from that owner too', async () => {
  await database.script(`DROP ROLE IF EXISTS callscope_app, callscope_system; CREATE ROLE plain_owner CREATEROLE;
    GRANT CREATE ON DATABASE ${(await database.query('SELECT current_database() AS name'))[0]?.name} TO plain_owner;
    SET SESSION AUTHORIZATION plain_owner`)
  try {
    const registry = await registryOn(database, clock)
    await registry.tenants.ensureTenants([{ id: 'acme', name: 'Acme' }])
    await registry.tenants.addKey({ tenant: 'acme', role: 'ingest', sha256: 'a'.repeat(64), label: 'edge' })
    await registry.cuts.add({ tenant: 'acme', a: '1', b: '2', action: 'cut', by: 'ann' })
    await registry.versions.raiseAbove(20_000)

    expect(await registry.tenants.findKey('a'.repeat(64))).toEqual({ tenant: 'acme', role: 'ingest' })
    expect((await registry.cuts.naming('acme', ['1'])).length).toBe(1)
    expect(await registry.versions.next()).toBe(20_001)
    expect(await database.query('SELECT FROM callscope.tenants UNION ALL SELECT FROM callscope.link_cuts')).toEqual([])
  } finally {
    await database.script('RESET SESSION AUTHORIZATION')
  }
})

describe('a folder of migrations', () => {
  const read = async (files: Readonly<Record<string, string>>) => {
    const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
    try {
      for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql)
      return await readMigrations(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const sql = '-- What for.\n-- way back:\n--   DROP TABLE a;\nCREATE TABLE a ();\n'

  test('gives the same checksum whatever the line ends', async () => {
    const [unix] = await read({ '0001_a.sql': sql })
    const [windows] = await read({ '0001_a.sql': sql.replaceAll('\n', '\r\n') })
    expect(windows).toEqual(unix)
    expect(unix?.wayBack).toBe('DROP TABLE a;')
  })

  test('with a gap, a stray file or no way back is refused', async () => {
    await expect(read({ '0001_a.sql': sql, '0003_c.sql': sql })).rejects.toThrow('0003_c should have number 2')
    await expect(read({ 'readme.txt': '' })).rejects.toThrow('a migration is named NNNN_what_it_does.sql')
    await expect(read({ '0001_a.sql': 'CREATE TABLE a ();' })).rejects.toThrow("no '-- way back:' header")
  })
})
