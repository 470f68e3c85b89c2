import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TraceStatement } from '#contracts/statement-trace.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { messagesOf } from '#tests/builders.ts'
import { startFlow } from '#tests/flow/flow.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { listMigrations, makeDatabase, migrateWarehouse } from '#warehouse/migrate.ts'
import { createSqlConsole } from '#warehouse/sql-guard-console.ts'
import { createServerRunner } from '#warehouse/sql-server.ts'
import { makeMinutes, minute, plantSamples } from '#warehouse/summaries/minutes-for-tests.ts'
import { type ClickhouseFront, startClickhouseFront } from './servers/clickhouse-front.ts'
import { aRow, rawTables, tellApart, tenantColumn } from './warehouse-for-tests.ts'

const deadline = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'callscope-stack-warehouse-'))
let front: ClickhouseFront
let warehouse: TestWarehouse

const connect = (requestTimeoutMs = 20_000) => connectWarehouse({ location: { url: front.url }, requestTimeoutMs })

beforeAll(async () => {
  front = await startClickhouseFront({ folder })
  const client = await connect()
  await migrateWarehouse(client, await listMigrations())
  warehouse = {
    ...{ client, folder, rows: (query) => rowsOf(client, query) },
    stop: () => client.close(),
  }
})
beforeEach(() => front.control.set({}))
afterAll(async () => {
  await warehouse?.stop()
  await front?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const storedOf = async (tenant: string, table = 'quality_samples') => {
  const [row] = await warehouse.rows<[number, number]>(
    `SELECT count(), uniqExact(sequence) FROM ${table} FINAL WHERE tenant = '${tenant}'`,
  )
  return row
}

test('two processes bring one warehouse up to date at once, and a third finds nothing to do', async () => {
  const location = { url: front.url, database: 'migrated' }
  await makeDatabase(warehouse.client, location)
  await makeDatabase(warehouse.client, location)
  const both = await Promise.all([connectWarehouse({ location }), connectWarehouse({ location })])
  const migrations = await listMigrations()
  await Promise.all(both.map((client) => migrateWarehouse(client, migrations)))
  expect(await migrateWarehouse(both[0], migrations)).toEqual([])
  const tables = (database: string) =>
    warehouse.rows(`SELECT name, engine_full FROM system.tables WHERE database = '${database}' ORDER BY name`)
  expect((await tables('migrated')).length).toBeGreaterThan(15)
  expect(await tables('migrated')).toEqual(await tables('default'))
  await Promise.all(both.map((client) => client.close()))
})

test.each(rawTables)('the raw sink stores rows of %s once, however often they come', async (table) => {
  const client = await connect()
  const sink = createRawSink({ client })
  const rows = Array.from({ length: 500 }, (_, n) => aRow(table, 'every', n))
  expect(await sink.deliver(rows, deadline)).toEqual({ type: 'delivered' })
  expect(await sink.deliver(rows.slice(100, 300), deadline)).toEqual({ type: 'delivered' })
  const which = `FROM ${table} FINAL WHERE ${tenantColumn(table)} = 'every'`
  expect(await rowsOf(client, `SELECT count(), uniqExact(${tellApart[table]}) ${which}`)).toEqual([[500, 500]])
  await sink.close()
})

test('the guilty among a thousand rows is found, and all others are stored', async () => {
  const sink = createRawSink({ client: await connect() })
  const rows = Array.from({ length: 1_000 }, (_, n) => aRow('call_events', 'guilty', n))
  const guilty = { ...aRow('call_events', 'guilty', 377) }
  guilty.cells = guilty.cells.with(4, 'yesterday')
  const delivery = await sink.deliver(rows.with(377, guilty), deadline)
  expect(delivery).toMatchObject({ type: 'refused', rows: [{ row: guilty }] })
  expect(JSON.stringify(delivery)).not.toContain('DB::Exception')
  expect(await warehouse.rows(`SELECT count() FROM call_events WHERE tenant = 'guilty'`)).toEqual([[999]])
  await sink.close()
})

describe('minutes through a server', () => {
  const samples = Array.from({ length: 30 }, (_, n) => ({
    ...{ at: 5 * (n + 1), packets_received: 250 - n, packets_lost: n, jitter_tenth_ms: 40 + n, codec: 'opus' },
  }))
  const minutes = [minute, minute + 1, minute + 2]
  // The shard follows from the tenant.
  const columns = '* EXCEPT (version, shard)'
  const made = (from: TestWarehouse, tenant: string) =>
    from.rows(`SELECT ${columns} EXCEPT (tenant) FROM call_minutes FINAL WHERE tenant = '${tenant}' ORDER BY minute`)

  test('are those of the embedded engine, to the last digit', async () => {
    const embedded = await startWarehouse()
    for (const where of [embedded, warehouse]) {
      await plantSamples(where, 'same', samples)
      await makeMinutes(where, 'same', { minutes })
    }
    const here = await made(warehouse, 'same')
    expect(here).toHaveLength(3)
    expect(here).toEqual(await made(embedded, 'same'))
    await embedded.stop()
  })

  test('of several connections at once each have their own temporary table', async () => {
    const tenants = ['p0', 'p1', 'p2', 'p3']
    const clients = await Promise.all(tenants.map(() => connect()))
    for (const tenant of tenants) await plantSamples(warehouse, tenant, samples)
    await Promise.all(
      tenants.map((tenant, at) => makeMinutes({ ...warehouse, client: clients[at] as never }, tenant, { minutes })),
    )
    for (const tenant of tenants.slice(1)) {
      expect((await made(warehouse, tenant)).length).toBe(3)
      expect(await made(warehouse, tenant)).toEqual(await made(warehouse, 'p0'))
    }
    await Promise.all(clients.map((client) => client.close()))
  })
})

test('the console is confined in each request, however long ago the last one was', async () => {
  const client = await connect()
  const limits = { timeoutMs: 5_000, memoryBytes: 5e8, rowsMax: 3 }
  const runner = createServerRunner({ client, other: warehouse.client, limits })
  const console = createSqlConsole({ runner, explainer: warehouse.client, limits })
  for (const _ of [1, 2]) {
    const { rows, truncated } = await console.query('SELECT sequence FROM quality_samples LIMIT 50')
    expect([rows.length, truncated]).toEqual([3, true])
  }
  await client.close()
})

/** A process of its own that stores samples; `told` is the last count it has had acknowledged. */
function aWriter(tenant: string, count: number, batch: number) {
  const program = join(import.meta.dirname, 'warehouse-writer.ts')
  const child = spawn(process.execPath, [program, front.url, tenant, String(count), String(batch)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = Promise.all([textOf(child.stdout), once(child, 'exit')]).then(([out, [code]]) => ({ out, code }))
  return { child, ended }
}

test('two processes write side by side, and nothing of either is lost or doubled', async () => {
  const ends = await Promise.all([aWriter('left', 20_000, 2_000).ended, aWriter('right', 20_000, 2_000).ended])
  expect(ends.map(({ code }) => code)).toEqual([0, 0])
  expect([await storedOf('left'), await storedOf('right')]).toEqual([
    [20_000, 20_000],
    [20_000, 20_000],
  ])
})

describe('what goes wrong', () => {
  test.each([
    ['error before', { failWhen: 'before', failHow: 'error' }],
    ['error after', { failWhen: 'after', failHow: 'error' }],
    ['cut before', { failWhen: 'before', failHow: 'cut' }],
    ['cut after', { failWhen: 'after', failHow: 'cut' }],
  ] as const)('every third insert failing (%s) loses and doubles nothing', async (name, fault) => {
    await front.control.set({ failInsert: 3, ...fault })
    const tenant = name.replace(' ', '-')
    const { out, code } = await aWriter(tenant, 10_000, 1_000).ended
    const { failed } = await front.control.counts()
    expect([code, failed > 2, out.includes(`retries ${failed}`)]).toEqual([0, true, true])
    expect(await storedOf(tenant)).toEqual([10_000, 10_000])
  })

  test('a server slower than a request may take is asked again, in another session, until it is not', async () => {
    const client = await connectWarehouse({ location: { url: front.url }, requestTimeoutMs: 300 })
    const sink = createRawSink({ client, retryAfterMs: 50 })
    const rows = Array.from({ length: 100 }, (_, n) => aRow('quality_samples', 'slow', n))
    await front.control.set({ slowMs: 1_500 })
    expect(await sink.deliver(rows, deadline)).toMatchObject({ type: 'retry' })
    expect(await sink.deliver(rows, deadline)).toMatchObject({ type: 'retry' })
    await front.control.set({})
    await expect.poll(() => sink.deliver(rows, deadline)).toEqual({ type: 'delivered' })
    expect(await storedOf('slow')).toEqual([100, 100])
    await sink.close()
  })

  test('refused for a while, and answered by a proxy for a while, costs time only', async () => {
    const writer = aWriter('away', 10_000, 500)
    await once(writer.child.stdout, 'data')
    await front.control.set({ refuse: true })
    await sleep(600)
    await front.control.set({ proxy: { status: 502, body: '<html>Bad Gateway</html>' } })
    await sleep(600)
    await front.control.set({})
    expect((await writer.ended).code).toBe(0)
    expect(await storedOf('away')).toEqual([10_000, 10_000])
  })

  test('SIGKILL of the server while it stores: each batch is there whole or not at all, and all that were acknowledged', async () => {
    const batch = 5_000
    const writer = aWriter('killed', 30 * batch, batch)
    for (let kill = 0; kill < 4; kill += 1) {
      await sleep(700 + 137 * kill)
      await front.kill()
      front = await startClickhouseFront({ folder, port: front.port })
      const batches = await warehouse.rows<[number]>(
        `SELECT count() FROM quality_samples FINAL WHERE tenant = 'killed' GROUP BY intDiv(sequence, ${batch})`,
      )
      expect(batches.filter(([rows]) => rows !== batch)).toEqual([])
    }
    expect((await writer.ended).code).toBe(0)
    expect(await storedOf('killed')).toEqual([30 * batch, 30 * batch])
  })
})

test('a whole call over a server that fails every third insert is the call of the embedded engine', async () => {
  const location = { url: front.url, database: 'whole' }
  await makeDatabase(warehouse.client, location)
  const first = await connectWarehouse({ location })
  await migrateWarehouse(first, await listMigrations())
  await first.close()
  const startMs = Math.floor(Date.now() / 60_000) * 60_000
  const told = async (where: Parameters<typeof startFlow>[1]) => {
    const flow = await startFlow(startMs, where)
    const { event, sample, log, span } = messagesOf('t000')
    const at = (second: number) => startMs - 600_000 + second * 1_000
    await flow.deliver(
      event('a', 'call.started', at(0), { from: 'p-1', to: 'p-2', call_id: 'k-1' }),
      event('a', 'call.answered', at(5), { carrier: 'northtel', codec: 'PCMU' }),
      ...Array.from({ length: 40 }, (_, n) => sample('a', at(10 + 5 * n), { packets_received: 240, packets_lost: n })),
      log(at(20), 'no answer from gateway', { id: 'a', severity: 17 }),
      span(at(21), 'route', { id: 'a', failed: true }),
      event('b', 'call.started', at(60), { call_id: 'k-1' }),
      event('a', 'call.ended', at(215), { sip_code: 200 }),
      event('b', 'call.ended', at(216), { sip_code: 200 }),
    )
    const records = await flow.settled('t000')
    await flow.stop()
    return records
  }
  await front.control.set({ failInsert: 3, failWhen: 'after', failHow: 'cut' })
  const overServer = await told({ location })
  expect((await front.control.counts()).failed).toBeGreaterThan(0)
  await front.control.set({})
  expect(overServer).toEqual(await told({}))
  expect(Object.keys(overServer)).toEqual(['a'])
})

test('a connection that is traced tells of each statement, and answers as any other', async () => {
  const told: string[] = []
  const trace: TraceStatement = ({ kind, table }) => {
    told.push(`${kind} ${table}`)
    return { within: (run) => run(), end: () => undefined }
  }
  const client = await connectWarehouse({ location: { url: front.url }, trace })
  const [tables, events] = await Promise.all([
    rowsOf(client, 'SELECT count() FROM quality_samples'),
    rowsOf(client, 'SELECT count() FROM call_events'),
  ])
  await client.close()
  expect([tables.length, events.length]).toEqual([1, 1])
  expect(told).toEqual(['SELECT quality_samples', 'SELECT call_events'])
})
