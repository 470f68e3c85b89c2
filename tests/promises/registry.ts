import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Registry, Run } from '#contracts/registry.ts'
import { asTenant, type Database } from '#registry/database.ts'
import { globalTables } from '#registry/global-tables.ts'
import { registryOn } from '#registry/registry.ts'

/** What the registry promises, on whatever Postgres it stands. */
export function describeRegistry(name: string, open: () => Promise<Database>): void {
  describe(`the registry on ${name}`, () => {
    let database: Database
    let registry: Registry
    const now = 1_700_000_000_000
    const key = (digit: string) => digit.repeat(64)

    beforeAll(async () => {
      database = await open()
      registry = await registryOn(database, () => now)
    })
    afterAll(() => registry.close())

    beforeEach(async () => {
      const tables = await database.query(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'callscope' AND tablename <> 'schema_migrations'`,
      )
      await database.script(`TRUNCATE ${tables.map(({ tablename }) => `callscope.${tablename}`).join(', ')} CASCADE`)
      await registry.tenants.ensureTenants([
        { id: 'acme', name: 'Acme' },
        { id: 'b3c1', name: 'Bolt' },
      ])
    })

    describe('tenants and keys', () => {
      test('ensuring a tenant again keeps its settings', async () => {
        await registry.tenants.ensureTenants([{ id: 'acme', name: 'Another name' }])
        expect(await registry.tenants.tenants()).toEqual([
          { id: 'acme', name: 'Acme' },
          { id: 'b3c1', name: 'Bolt' },
        ])
      })

      test('a key is found by its hash, whosever it is', async () => {
        await registry.tenants.addKey({ tenant: 'acme', role: 'ingest', sha256: key('a'), label: 'edge' })
        expect(await registry.tenants.findKey(key('a'))).toMatchObject({ tenant: 'acme', role: 'ingest' })
        expect(await registry.tenants.findKey(key('b'))).toBeUndefined()
      })

      test('adding a key twice is no error, adding it for somebody else is', async () => {
        const mine = { tenant: 'acme', role: 'reader', sha256: key('a'), label: 'wall screen' } as const
        await registry.tenants.addKey(mine)
        await registry.tenants.addKey(mine)
        await expect(registry.tenants.addKey({ ...mine, tenant: 'b3c1' })).rejects.toThrow(
          "The key 'wall screen' is already in use",
        )
        await expect(registry.tenants.addKey({ ...mine, role: 'administrator' })).rejects.toThrow('already in use')
        expect(await registry.tenants.findKey(key('a'))).toMatchObject({ tenant: 'acme', role: 'reader' })
      })

      test('a key for a tenant that nobody registered is refused', async () => {
        const lost = registry.tenants.addKey({ tenant: 'nobody', role: 'ingest', sha256: key('c'), label: 'x' })
        await expect(lost).rejects.toThrow("Tenant 'nobody' is not registered")
      })

      test('a clear key can not be stored by mistake', async () => {
        const clear = registry.tenants.addKey({ tenant: 'acme', role: 'ingest', sha256: 'my-secret-key', label: 'x' })
        await expect(clear).rejects.toThrow('check constraint')
      })
    })

    describe('row-level security', () => {
      test('is forced on every table that is not on the short list of global ones', async () => {
        const open = await database.query(`SELECT relname FROM pg_class WHERE relnamespace = 'callscope'::regnamespace
      AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname`)
        expect(open.map(({ relname }) => relname)).toEqual(Object.keys(globalTables).sort())
      })

      test('hides the rows of other tenants', async () => {
        await registry.cuts.add({ tenant: 'acme', a: 'x', b: 'y', action: 'cut', by: 'ann' })
        await registry.cuts.add({ tenant: 'b3c1', a: 'x', b: 'y', action: 'join', by: 'bob' })
        const seen = await asTenant(database, 'acme', ({ query }) => query('SELECT tenant FROM callscope.link_cuts'))
        expect(seen).toEqual([{ tenant: 'acme' }])
        expect(await asTenant(database, 'acme', ({ query }) => query('SELECT id FROM callscope.tenants'))).toEqual([
          { id: 'acme' },
        ])
      })

      test('refuses to write a row for another tenant', async () => {
        const insert = `INSERT INTO callscope.carriers VALUES ('b3c1', 'Carrier', 1)`
        await expect(asTenant(database, 'acme', ({ query }) => query(insert))).rejects.toThrow('row-level security')
      })

      test.each(['', undefined])('shows nothing when the tenant is %j', async (unset) => {
        await registry.cuts.add({ tenant: 'acme', a: 'x', b: 'y', action: 'cut', by: 'ann' })
        const seen = await database.transaction(async ({ query }) => {
          await query(`SELECT set_config('role', 'callscope_app', true)`)
          if (unset !== undefined) await query(`SELECT set_config('app.tenant_id', $1, true)`, [unset])
          return query('SELECT FROM callscope.link_cuts UNION ALL SELECT FROM callscope.tenants')
        })
        expect(seen).toEqual([])
      })

      test('ends with its transaction: the next one has no tenant and no lesser role', async () => {
        const [owner] = await database.query('SELECT current_user AS name')
        await asTenant(database, 'acme', ({ query }) => query('SELECT 1'))
        const [row] = await database.query(
          `SELECT current_user AS name, current_setting('app.tenant_id', true) AS tenant`,
        )
        expect(row).toEqual({ name: owner?.name, tenant: '' })
      })

      test('is not asked for nobody', () => {
        expect(() => asTenant(database, '', async () => {})).toThrow('A tenant is needed')
      })

      test('holds through roles that own nothing and may not pass it by', async () => {
        const rows = await database.query(`SELECT rolname, rolsuper OR rolbypassrls AS free,
      (SELECT count(*)::int FROM pg_class WHERE relowner = pg_roles.oid) AS owns
      FROM pg_roles WHERE rolname LIKE 'callscope\\_%' ORDER BY 1`)
        expect(rows).toEqual([
          { rolname: 'callscope_app', free: false, owns: 0 },
          { rolname: 'callscope_system', free: false, owns: 0 },
        ])
      })
    })

    describe('versions', () => {
      test('rise, and never fall to one already stored', async () => {
        const first = await registry.versions.next()
        expect(await registry.versions.next()).toBe(first + 1)
        for (const stored of [first + 100, first + 1_000_000]) {
          await registry.versions.raiseAbove(stored)
          expect(await registry.versions.next()).toBe(stored + 1)
        }
        await registry.versions.raiseAbove(3)
        expect(await registry.versions.next()).toBe(first + 1_000_002)
      })

      test('drawn at once are all different', async () => {
        const drawn = await Promise.all(Array.from({ length: 50 }, () => registry.versions.next()))
        expect(new Set(drawn).size).toBe(50)
      })
    })

    describe('watermarks', () => {
      const entry = { tenant: '*', source: 'quality-samples/0', watermarkMs: now, atEnd: false }

      test('of a source are replaced as a whole, those of others stay', async () => {
        const other = { ...entry, source: 'quality-samples/1' }
        await registry.watermarks.write([entry, { ...entry, tenant: 'acme' }, other])
        await registry.watermarks.write([
          { ...entry, tenant: 'b3c1', atEnd: true },
          { ...entry, watermarkMs: now + 1 },
        ])
        expect(await registry.watermarks.read()).toEqual([
          { ...entry, watermarkMs: now + 1 },
          { ...entry, tenant: 'b3c1', atEnd: true },
          other,
        ])
      })

      test('given twice in one write: the last counts', async () => {
        await registry.watermarks.write([entry, { ...entry, watermarkMs: now + 5 }])
        expect(await registry.watermarks.read()).toEqual([{ ...entry, watermarkMs: now + 5 }])
      })

      test('of a source can be removed', async () => {
        await registry.watermarks.write([entry, { ...entry, source: `import:it's "1"` }])
        await registry.watermarks.remove(`import:it's "1"`)
        expect(await registry.watermarks.read()).toEqual([entry])
      })

      test('written ten thousand times take no more room than a few pages', async () => {
        const sources = Array.from({ length: 16 }, (_, at) => `quality-samples/${at}`)
        for (let round = 0; round < 1_000; round += 1) {
          await registry.watermarks.write(sources.map((source) => ({ ...entry, source, watermarkMs: now + round })))
        }
        const [size] = await database.query(`SELECT pg_relation_size('callscope.watermarks')::int AS bytes`)
        expect(size?.bytes).toBeLessThanOrEqual(8 * 8_192)
      })
    })

    describe('cuts by hand', () => {
      const cut = { tenant: 'acme', a: 'leg-2', b: 'leg-1', action: 'cut', by: 'ann' } as const

      test('have rising sequences, so that the last word on a pair is known', async () => {
        const first = await registry.cuts.add(cut)
        const second = await registry.cuts.add({ ...cut, a: 'leg-1', b: 'leg-2', action: 'join' })
        expect(second.sequence).toBeGreaterThan(first.sequence)
        expect(await registry.cuts.naming('acme', ['leg-2'])).toEqual([
          { tenant: 'acme', a: 'leg-1', b: 'leg-2', action: 'cut', sequence: first.sequence },
          { tenant: 'acme', a: 'leg-1', b: 'leg-2', action: 'join', sequence: second.sequence },
        ])
      })

      test('are found by any id they name, within the tenant', async () => {
        await registry.cuts.add(cut)
        await registry.cuts.add({ ...cut, a: 'leg-3', b: 'leg-4' })
        await registry.cuts.add({ ...cut, tenant: 'b3c1' })
        expect((await registry.cuts.naming('acme', ['leg-1', 'leg-4', 'leg-9'])).map(({ a }) => a)).toEqual([
          'leg-1',
          'leg-3',
        ])
        expect(await registry.cuts.naming('acme', [])).toEqual([])
      })

      test('order any two ids alike here and in Postgres', async () => {
        for (const [a, b] of [
          ['\u{1F600}', '\uFFFD'],
          ['Z', 'a'],
          ['ä', 'b'],
        ] as const)
          await registry.cuts.add({ ...cut, a, b })
        await expect(registry.cuts.add({ ...cut, b: cut.a })).rejects.toThrow('two different ids')
      })
    })

    describe('runs', () => {
      const run = { id: 'r1', kind: 'import', subject: 'dump.ndjson', startedMs: now } as const

      test('are listed newest first, with how they ended', async () => {
        await registry.runs.start(run)
        await registry.runs.start({ ...run, id: 'r2', startedMs: now + 1 })
        const end: Pick<Run, 'status' | 'finishedMs' | 'counts' | 'error'> = {
          status: 'failed',
          finishedMs: now + 9,
          counts: { lines: 3 },
          error: 'line 4 is cut short',
        }
        await registry.runs.finish('r1', end)
        expect(await registry.runs.list(10)).toEqual([
          {
            ...run,
            id: 'r2',
            startedMs: now + 1,
            status: 'running',
            finishedMs: undefined,
            counts: {},
            error: undefined,
          },
          { ...run, ...end },
        ])
        expect((await registry.runs.list(1)).map(({ id }) => id)).toEqual(['r2'])
      })

      test('tell that they go on by the database’s clock, until they end', async () => {
        await registry.runs.start(run)
        await registry.runs.start({ ...run, id: 'r2' })
        const silent = async (ms: number) =>
          database.query('UPDATE callscope.data_pipeline_runs SET alive_ms = alive_ms - $1', [ms])
        await silent(3_600_000)
        await registry.runs.beat('r2')
        const [r1, r2] = (await registry.runs.running()).toSorted((a, b) => (a.id < b.id ? -1 : 1))
        expect(r1?.silentMs).toBeGreaterThanOrEqual(3_600_000)
        expect(r2?.silentMs).toBeLessThan(3_600_000)
        await registry.runs.finish('r1', { status: 'failed', finishedMs: now, counts: {}, error: 'killed' })
        await registry.runs.beat('r1')
        await registry.runs.beat('nobody')
        expect((await registry.runs.running()).map(({ id }) => id)).toEqual(['r2'])
      })

      test('of a version that did not tell are as old as their start', async () => {
        await registry.runs.start({ ...run, startedMs: Date.now() - 500_000 })
        await database.query('UPDATE callscope.data_pipeline_runs SET alive_ms = NULL')
        expect((await registry.runs.running())[0]?.silentMs).toBeGreaterThanOrEqual(499_000)
      })

      test('need an id of their own, and a start before their end', async () => {
        await registry.runs.start(run)
        await expect(registry.runs.start(run)).rejects.toThrow("Run 'r1' was started before")
        const end = { status: 'succeeded', finishedMs: now, counts: {}, error: undefined } as const
        await expect(registry.runs.finish('r9', end)).rejects.toThrow("Run 'r9' cannot finish")
      })
    })

    test('profiles of a tenant come oldest first, and a tenant without any has none', async () => {
      const insert = `INSERT INTO callscope.quality_profiles VALUES ($1, $2, $3, $4::jsonb, 0)`
      for (const [tenant, version, from] of [
        ['acme', '2', 20],
        ['acme', '10', 10],
        ['b3c1', '1', 5],
      ]) {
        await asTenant(database, String(tenant), ({ query }) => query(insert, [tenant, version, from, '{"loss":3}']))
      }
      expect(await registry.profiles.profiles('acme')).toEqual([
        { version: '10', validFromMs: 10, thresholds: { loss: 3 } },
        { version: '2', validFromMs: 20, thresholds: { loss: 3 } },
      ])
      expect(await registry.profiles.profiles('nobody')).toEqual([])
    })

    test('a profile is told once: neither its version nor the moment it begins at can be taken by another', async () => {
      const add = (version: string, validFromMs: number) =>
        registry.profiles.add('acme', { version, validFromMs, thresholds: { jitter: 1 } })
      expect([await add('told', 100), await add('told', 200), await add('other', 100)]).toEqual([true, false, false])
      expect((await registry.profiles.profiles('acme')).at(-1)).toEqual({
        ...{ version: 'told', validFromMs: 100, thresholds: { jitter: 1 } },
      })
    })
  })
}
