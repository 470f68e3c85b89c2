import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeRegistryMigrations } from '#tests/promises/registry-migrations.ts'
import { readMigrations } from './migrations.ts'
import { openPgliteDatabase } from './pglite-database.ts'
import { registryOn } from './registry.ts'

const clock = () => 1_700_000_000_000

describeRegistryMigrations('PGlite', () => openPgliteDatabase(undefined))

test('the registry works for an owner who is no superuser, and hides rows from that owner too', async () => {
  const database = await openPgliteDatabase(undefined)
  await database.script(`DROP ROLE IF EXISTS callscope_app, callscope_system; CREATE ROLE plain_owner CREATEROLE;
    GRANT CREATE ON DATABASE ${(await database.query('SELECT current_database() AS name'))[0]?.name} TO plain_owner;
    SET SESSION AUTHORIZATION plain_owner`)
  try {
    const registry = await registryOn(database, clock)
    await registry.tenants.ensureTenants([{ id: 'acme', name: 'Acme' }])
    await registry.tenants.addKey({ tenant: 'acme', role: 'ingest', sha256: 'a'.repeat(64), label: 'edge' })
    await registry.cuts.add({ tenant: 'acme', a: '1', b: '2', action: 'cut', by: 'ann' })
    await registry.versions.raiseAbove(20_000)

    expect(await registry.tenants.findKey('a'.repeat(64))).toMatchObject({ tenant: 'acme', role: 'ingest' })
    expect((await registry.cuts.naming('acme', ['1'])).length).toBe(1)
    expect(await registry.versions.next()).toBe(20_001)
    expect(await database.query('SELECT FROM callscope.tenants UNION ALL SELECT FROM callscope.link_cuts')).toEqual([])
  } finally {
    await database.close()
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
