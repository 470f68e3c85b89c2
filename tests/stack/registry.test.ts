import { randomBytes } from 'node:crypto'
import { connect as connectTo, createServer, type Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asTenant, type Database } from '#registry/database.ts'
import { migrate } from '#registry/migrate.ts'
import { readMigrations } from '#registry/migrations.ts'
import { openPgDatabase } from '#registry/pg-database.ts'
import { openPgliteDatabase } from '#registry/pglite-database.ts'
import { migrationsFolder, registryOn } from '#registry/registry.ts'
import { describeRegistry } from '#tests/promises/registry.ts'
import { describeRegistryKeys } from '#tests/promises/registry-keys.ts'
import { describeRegistryLiveness } from '#tests/promises/registry-liveness.ts'
import { describeRegistryMigrations } from '#tests/promises/registry-migrations.ts'
import { temporaryFolder } from './servers/guard.ts'
import { type PostgresServer, startPostgres } from './servers/postgres.ts'

// A server of our own: roles belong to the whole of it, and are made and dropped here; and it is stopped.
let postgres: PostgresServer
let server: string
beforeAll(async () => {
  postgres = await startPostgres({ folder: await temporaryFolder('callscope-registry-') })
  server = postgres.address
})
const clock = () => 1_700_000_000_000
const made: string[] = []
const owners: string[] = []

async function asAdministrator<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function anEmptyDatabase(): Promise<string> {
  const name = `callscope_test_${randomBytes(5).toString('hex')}`
  await asAdministrator((client) => client.query(`CREATE DATABASE ${name}`))
  made.push(name)
  const url = new URL(server)
  url.pathname = name
  return url.href
}

const open = (url: string, over: Partial<Parameters<typeof openPgDatabase>[0]> = {}): Promise<Database> =>
  openPgDatabase({ url, tls: 'off', connections: 6, ...over })

const dropRoles = (): Promise<unknown> =>
  asAdministrator(async (client) => {
    for (const name of made.splice(0)) await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await client.query('DROP ROLE IF EXISTS callscope_app, callscope_system')
    for (const name of owners.splice(0)) await client.query(`DROP ROLE ${name}`)
  })

afterAll(() => postgres?.stop())

// First, while no other database holds on to the roles that the way back drops.
describeRegistryMigrations('PostgreSQL', async () => {
  await dropRoles()
  return open(await anEmptyDatabase())
})
describeRegistry('PostgreSQL', async () => open(await anEmptyDatabase()))

describeRegistryLiveness('PostgreSQL', async () => open(await anEmptyDatabase()))
describeRegistryKeys('PostgreSQL', async () => open(await anEmptyDatabase()))

test('rows are what PGlite gives: numbers where they are exact, and bigints beyond', async () => {
  const query = `SELECT 1::bigint AS small, 9007199254740993::bigint AS large, ARRAY[1, NULL]::bigint[] AS several,
    '{"a": [1]}'::jsonb AS json, true AS yes, 'x'::text AS text, ARRAY['a,b', NULL]::text[] AS texts, 7::int AS int`
  const pglite = await openPgliteDatabase(undefined)
  const pg = await open(await anEmptyDatabase())
  expect(await pg.query(query)).toEqual(await pglite.query(query))
  await Promise.all([pglite.close(), pg.close()])
})

test('two processes that migrate at once do it once', async () => {
  const url = await anEmptyDatabase()
  const [one, other] = await Promise.all([open(url), open(url)])
  const shipped = await readMigrations(migrationsFolder)
  const applied = await Promise.all([migrate(one, shipped, clock), migrate(other, shipped, clock)])
  expect(applied.flat().sort()).toEqual(shipped.map(({ name }) => name))
  await Promise.all([one.close(), other.close()])
})

describe('versions of several workers', () => {
  test('are all different, and rise for each', async () => {
    const url = await anEmptyDatabase()
    const workers = await Promise.all([registryOn(await open(url), clock), registryOn(await open(url), clock)])
    const draw = async ({ versions }: (typeof workers)[number]): Promise<number[]> => {
      const drawn: number[] = []
      for (let at = 0; at < 300; at += 1) drawn.push(await versions.next())
      return drawn
    }
    const all = await Promise.all(workers.flatMap((worker) => [draw(worker), draw(worker)]))
    for (const drawn of all) expect(drawn).toEqual(drawn.toSorted((a, b) => a - b))
    expect(new Set(all.flat()).size).toBe(1_200)
    await Promise.all(workers.map((worker) => worker.close()))
  })

  test('are never set back, whoever raises them how often', async () => {
    const url = await anEmptyDatabase()
    const workers = await Promise.all([registryOn(await open(url), clock), registryOn(await open(url), clock)])
    const raises = Array.from({ length: 40 }, (_, at) => 1_000_000 + ((at * 7_919) % 40) * 20_000)
    await Promise.all(raises.map((stored, at) => workers[at % 2]?.versions.raiseAbove(stored)))
    expect(await workers[0]?.versions.next()).toBe(Math.max(...raises) + 1)
    await Promise.all(workers.map((worker) => worker.close()))
  })
})

describe('an owner who is no superuser', () => {
  const ownerOf = async (extra = ''): Promise<string> => {
    await dropRoles()
    const name = `owner_${randomBytes(4).toString('hex')}`
    owners.push(name)
    const url = new URL(await anEmptyDatabase())
    await asAdministrator((client) => client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'öwner:s/ecret' ${extra}`))
    await asAdministrator((client) => client.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${name}`))
    url.username = name
    url.password = 'öwner:s/ecret'
    return url.href
  }

  test('with CREATEROLE has a registry at once, and is held by its policies too', async () => {
    const database = await open(await ownerOf('CREATEROLE'))
    const registry = await registryOn(database, clock)
    await registry.tenants.ensureTenants([{ id: 'acme', name: 'Acme' }])
    expect(await registry.tenants.tenants()).toEqual([{ id: 'acme', name: 'Acme' }])
    expect(await database.query('SELECT FROM callscope.tenants')).toEqual([])
    await registry.close()
  })

  test('without it is told what an administrator has to run, and that is enough', async () => {
    const url = await ownerOf()
    const refused = await registryOn(await open(url), clock).catch((error: Error) => error.message)
    const statements = /CREATE ROLE callscope_app.*;/.exec(String(refused))?.[0] ?? ''
    expect(statements).toContain('WITH ADMIN OPTION')
    expect(refused).not.toContain('ecret')
    await asAdministrator((client) => client.query(statements))
    const database = await open(url)
    const registry = await registryOn(database, clock)
    await registry.cuts.add({ tenant: 'acme', a: '1', b: '2', action: 'cut', by: 'ann' })
    expect(await registry.cuts.naming('acme', ['1'])).toHaveLength(1)
    await registry.close()
  })

  test('of a second registry on the server finds the roles there', async () => {
    await dropRoles()
    const first = await registryOn(await open(await anEmptyDatabase()), clock)
    const second = await registryOn(await open(await anEmptyDatabase()), clock)
    await second.tenants.ensureTenants([{ id: 'acme', name: 'Acme' }])
    expect(await first.tenants.tenants()).toEqual([])
    await Promise.all([first.close(), second.close()])
  })
})

/** A road to the server that can be closed and opened. */
async function aRoad() {
  const to = new URL(server)
  const sockets = new Set<Socket>()
  let mode: 'open' | 'silent' | 'closed' = 'open'
  const road = createServer((from) => {
    if (mode === 'closed') return void from.destroy()
    const onward = connectTo(Number(to.port || 5432), to.hostname)
    for (const socket of [from, onward]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    from.on('data', (chunk) => mode === 'open' && onward.write(chunk))
    onward.on('data', (chunk) => mode === 'open' && from.write(chunk))
    from.on('close', () => onward.destroy())
    onward.on('close', () => from.destroy())
  })
  await new Promise<void>((resolve) => road.listen(0, '127.0.0.1', resolve))
  const port = (road.address() as { port: number }).port
  return {
    via: (url: string): string => url.replace(/:\d+\//, `:${port}/`),
    become(next: typeof mode): void {
      mode = next
      if (next === 'closed') for (const socket of sockets) socket.destroy()
    },
    close: () => new Promise((resolve) => road.close(resolve)),
  }
}

describe('a server that goes away', () => {
  test('in the middle of a transaction leaves nothing of it, and the next one works when it is back', async () => {
    const road = await aRoad()
    const lost: Error[] = []
    const database = await open(road.via(await anEmptyDatabase()), { onLostConnection: (error) => lost.push(error) })
    await database.script('CREATE TABLE tried (at integer)')
    const cut = database.transaction(async ({ query }) => {
      await query('INSERT INTO tried VALUES (1)')
      road.become('closed')
      await query('INSERT INTO tried VALUES (2)')
    })
    await expect(cut).rejects.toThrow('The registry cannot be used now')
    await expect(database.query('SELECT 1')).rejects.toThrow('The registry cannot be used now')
    road.become('open')
    expect(await database.query('SELECT count(*)::int AS rows FROM tried')).toEqual([{ rows: 0 }])
    await database.close()
    await road.close()
  })

  test('cut off by its administrator while idle is an event, not the end of the process', async () => {
    const lost: Error[] = []
    const url = await anEmptyDatabase()
    const database = await open(url, { onLostConnection: (error) => lost.push(error) })
    const name = new URL(url).pathname.slice(1)
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'callscope'`
    await asAdministrator((client) => client.query(end))
    await expect.poll(() => lost.length).toBeGreaterThan(0)
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    await database.close()
  })

  test('restarted in the middle of a transaction undoes it, and is used again when it is back', async () => {
    const database = await open(await anEmptyDatabase())
    const registry = await registryOn(database, clock)
    const before = await registry.versions.next()
    const cut = database.transaction(async ({ query }) => {
      await query(
        `INSERT INTO callscope.data_pipeline_runs (id, kind, subject, started_ms) VALUES ('r', 'import', 's', 1)`,
      )
      await postgres.stop()
      await postgres.start()
      await query('SELECT 1')
    })
    await expect(cut).rejects.toThrow('The registry cannot be used now')
    await expect.poll(() => registry.runs.list(9).catch(() => undefined)).toEqual([])
    expect(await registry.versions.next()).toBeGreaterThan(before)
    await registry.close()
  })

  test('that goes silent is given up, and holds up no end', async () => {
    const road = await aRoad()
    const database = await open(road.via(await anEmptyDatabase()), { statementTimeoutMs: 500 })
    road.become('silent')
    await expect(database.query('SELECT 1')).rejects.toThrow('no answer in time')
    await database.close()
    road.become('closed')
    await road.close()
  })

  test('is named by what is wrong, never by its password', async () => {
    const url = new URL(await anEmptyDatabase())
    const right = url.password
    url.password = 'pl4nted'
    await expect(open(url.href)).rejects.toThrow(/refuses this user or password/)
    url.password = right
    url.pathname = '/nowhere'
    await expect(open(url.href)).rejects.toThrow(/database does not exist/)
    url.password = 'pl4nted'
    url.port = '1'
    const error = await open(url.href).catch((thrown: Error) => thrown)
    expect(String(error)).toContain('ECONNREFUSED, nobody answers there')
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('pl4nted')
  })
})

test('a statement that takes too long is cut off by the server', async () => {
  const database = await open(await anEmptyDatabase(), { statementTimeoutMs: 300 })
  await expect(database.query('SELECT pg_sleep(20)')).rejects.toThrow('a statement took too long')
  await database.close()
})

test('a transaction in which a failed statement was passed over is not taken for done', async () => {
  const database = await open(await anEmptyDatabase())
  const work = asTenantless(database)
  await expect(work).rejects.toThrow('undid a transaction')
  await database.close()
})

const asTenantless = (database: Database): Promise<void> =>
  database.transaction(async ({ query }) => {
    await query('SELECT 1/0').catch(() => undefined)
  })

test('tenants asked for side by side do not see each other', async () => {
  const database = await open(await anEmptyDatabase(), { connections: 2 })
  const registry = await registryOn(database, clock)
  const tenants = Array.from({ length: 20 }, (_, at) => `t${at}`)
  await registry.tenants.ensureTenants(tenants.map((id) => ({ id, name: id })))
  const seen = await Promise.all(
    tenants.map((tenant) => asTenant(database, tenant, ({ query }) => query('SELECT id FROM callscope.tenants'))),
  )
  expect(seen).toEqual(tenants.map((id) => [{ id }]))
  await registry.close()
})
