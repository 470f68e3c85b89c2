import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectWarehouse } from './client.ts'
import { createProcessRunner } from './sql-process.ts'
import { snapshotsOf } from './sql-snapshot.ts'

const path = join(mkdtempSync(join(tmpdir(), 'callscope-sql-process-')), 'warehouse')
const limits = { timeoutMs: 30_000, memoryBytes: 600_000_000, rowsMax: 100 }
/** Of the engine's own clock, which it looks at between blocks, nothing is seen for hours. */
const hours =
  "SELECT editDistance(repeat('a', 60000), concat(repeat('b', 60000), toString(x))) FROM (SELECT arrayJoin(range(1000)) AS x)"
let client: Awaited<ReturnType<typeof connectWarehouse>>
const runner = createProcessRunner({ path, limits })
const rowsOf = async (sql: string) => (await runner.run(sql)).data
const left = (): readonly string[] => (existsSync(snapshotsOf(path)) ? readdirSync(snapshotsOf(path)) : [])

beforeAll(async () => {
  client = await connectWarehouse({ location: { path } })
  await client.command({ query: 'CREATE TABLE calls (id String, n UInt64) ENGINE = MergeTree ORDER BY id' })
  await client.command({ query: 'CREATE VIEW doubled AS SELECT id, n * 2 AS n FROM calls' })
  await client.command({ query: "INSERT INTO calls VALUES ('a', 1), ('b', 2)" })
})
afterAll(async () => {
  await runner.close()
  await client.close()
  rmSync(path, { recursive: true, force: true })
})

test('a query reads tables and views as they are at that moment, and leaves no file behind', async () => {
  expect(await rowsOf('SELECT id, n FROM calls ORDER BY id')).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  await client.command({ query: "INSERT INTO calls VALUES ('c', 3)" })
  await client.command({ query: "ALTER TABLE calls DELETE WHERE id = 'a' SETTINGS mutations_sync = 2" })
  await client.command({ query: 'OPTIMIZE TABLE calls FINAL' })
  expect(await rowsOf('SELECT id, n FROM doubled ORDER BY id')).toEqual([
    ['b', 4],
    ['c', 6],
  ])
  expect(await rowsOf("SELECT name FROM system.tables WHERE database = 'default' ORDER BY name")).toEqual([
    ['calls'],
    ['doubled'],
  ])
  expect(left()).toEqual([])
})

test('a query, or what is said of it, may hold a separator of lines that JSON leaves as it is', async () => {
  const separators = '\u2028 \u2029'
  expect(await rowsOf(`SELECT '${separators}'`)).toEqual([[separators]])
  await expect(runner.run(`SELECT missing_${'x'}('${separators}')`)).rejects.toThrow(/missing_x/)
})

test('a query that fails says why', async () => {
  await expect(runner.run('SELECT nothing')).rejects.toMatchObject({
    name: 'SqlRefused',
    message: expect.stringContaining('Unknown expression identifier `nothing`'),
  })
})

test('a query ends when it passes its limit, though one call of a function would take hours; others are answered meanwhile', async () => {
  const hasty = createProcessRunner({ path, limits: { ...limits, timeoutMs: 500 } })
  let ended = false
  const refused = expect(hasty.run(hours).finally(() => (ended = true))).rejects.toThrow(
    'the query failed: it ran longer than 0.5 s (sql.timeoutSeconds) and was ended',
  )
  let answers = 0
  for (; !ended; answers++) await client.command({ query: 'SELECT count() FROM calls' })
  await refused
  expect(answers).toBeGreaterThan(0)
  expect(left()).toEqual([])
})
