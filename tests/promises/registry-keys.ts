import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Registry } from '#contracts/registry.ts'
import type { Database } from '#registry/database.ts'
import { migrate } from '#registry/migrate.ts'
import { readMigrations } from '#registry/migrations.ts'
import { migrationsFolder, registryOn } from '#registry/registry.ts'

/** Migrations up to the program that knew no end of a key. */
const beforeKeysEnd = 9

/** How API keys end, on whatever Postgres: one with no other registry beside it. */
export function describeRegistryKeys(name: string, open: () => Promise<Database>): void {
  describe(`API keys on ${name}`, () => {
    let database: Database
    let registry: Registry
    let nowMs = 1_700_000_000_000
    const key = (digit: string) => digit.repeat(64)
    const old = key('0')

    beforeAll(async () => {
      database = await open()
      await database.script('DROP SCHEMA IF EXISTS callscope CASCADE')
      const shipped = await readMigrations(migrationsFolder)
      await migrate(database, shipped.slice(0, beforeKeysEnd), () => nowMs)
      await database.script(`SET role callscope_system; INSERT INTO callscope.tenants VALUES ('acme', 'Acme', 1); RESET role;
        BEGIN; SET LOCAL role callscope_app; SET LOCAL app.tenant_id = 'acme';
        INSERT INTO callscope.api_keys VALUES ('${old}', 'acme', 'ingest', 'old edge', 5), ('${key('1')}', 'acme', 'reader', 'wall', 6);
        COMMIT`)
      registry = await registryOn(database, () => nowMs)
    })
    afterAll(() => registry.close())

    test('made before keys had an end keep working, and have ids of their own', async () => {
      const [wall, edge] = await registry.tenants.keys()
      expect(edge).toMatchObject({ tenant: 'acme', role: 'ingest', label: 'old edge', createdMs: 5 })
      expect(edge).toMatchObject({ expiresMs: undefined, revokedMs: undefined, lastUsedMs: undefined })
      expect(edge?.id).toMatch(/^key_[0-9a-f]{16}$/)
      expect(edge?.id).not.toBe(wall?.id)
      expect(await registry.tenants.findKey(old)).toMatchObject({ id: edge?.id, role: 'ingest' })
    })

    test('remember when they expire', async () => {
      const id = await registry.tenants.addKey({
        ...{ tenant: 'acme', role: 'ingest', label: 'for a day' },
        ...{ sha256: key('a'), expiresMs: nowMs + 86_400_000 },
      })
      expect(await registry.tenants.findKey(key('a'))).toEqual({
        ...{ id, tenant: 'acme', role: 'ingest', expiresMs: nowMs + 86_400_000, revokedMs: undefined },
      })
    })

    test('are revoked once: the first time stays, whoever says it again', async () => {
      const id = await registry.tenants.addKey({ tenant: 'acme', role: 'reader', sha256: key('b'), label: 'lost' })
      const revokedMs = nowMs
      expect(await registry.keyEnds.revoke(id)).toMatchObject({ id, revokedMs })
      nowMs += 5_000
      expect(await registry.keyEnds.revoke(id)).toMatchObject({ id, revokedMs })
      expect(await registry.tenants.findKey(key('b'))).toMatchObject({ revokedMs })
      expect(await registry.keyEnds.revoke('key_of_nothing')).toBeUndefined()
    })

    test('carry when they were used last, which never moves back', async () => {
      const id = await registry.tenants.addKey({ tenant: 'acme', role: 'reader', sha256: key('c'), label: 'used' })
      await registry.keyEnds.noteUses(
        new Map([
          [id, 9_000],
          ['key_of_nothing', 1],
        ]),
      )
      await registry.keyEnds.noteUses(new Map([[id, 8_000]]))
      const used = (await registry.tenants.keys()).find((listed) => listed.id === id)
      expect(used?.lastUsedMs).toBe(9_000)
    })

    test('that open something now are named by their hashes; expired and revoked ones are not', async () => {
      nowMs += 86_400_000
      const hashes = await registry.keyEnds.hashes(100)
      expect(hashes).toContain(old)
      expect(hashes).toContain(key('c'))
      expect(hashes).not.toContain(key('a'))
      expect(hashes).not.toContain(key('b'))
      expect(await registry.keyEnds.hashes(1)).toHaveLength(1)
    })

    test('that ended are gone on the way back, so that a program without ends does not open them again', async () => {
      const shipped = await readMigrations(migrationsFolder)
      const [back] = shipped.slice(beforeKeysEnd)
      await database.script(back?.wayBack ?? '')
      const left = await database.transaction(async ({ query }) => {
        await query(`SELECT set_config('role', 'callscope_system', true)`)
        return query('SELECT label FROM callscope.api_keys ORDER BY label')
      })
      expect(left).toEqual([{ label: 'old edge' }, { label: 'used' }, { label: 'wall' }])
    })
  })
}
