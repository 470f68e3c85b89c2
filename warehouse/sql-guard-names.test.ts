import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlConsole } from '#contracts/warehouse.ts'
import { inTurns } from './chdb-turns.ts'
import { connectWarehouse } from './client.ts'
import { confinedRunner } from './sql-confined-for-tests.ts'
import { createSqlConsole } from './sql-guard-console.ts'

const path = join(mkdtempSync(join(tmpdir(), 'callscope-sql-names-')), 'warehouse')
const secret = 'not-for-the-console'
/** Where the engine's own file() reads it, given the chance. */
const secretFile = join(path, 'user_files', 'secret.txt')
let writer: Awaited<ReturnType<typeof connectWarehouse>>
let reader: ReturnType<typeof createClient>
let sql: SqlConsole

beforeAll(async () => {
  mkdirSync(join(path, 'user_files'), { recursive: true })
  writeFileSync(secretFile, secret)
  writer = await connectWarehouse({ location: { path } })
  await writer.command({ query: 'CREATE TABLE calls (id String, n UInt64) ENGINE = MergeTree ORDER BY id' })
  await writer.command({ query: "INSERT INTO calls VALUES ('a', 1), ('b', 2)" })
  const { createChdbConnection } = await import('chdb/connection')
  reader = createClient({ connection: inTurns(createChdbConnection({ path })) } as never)
  const limits = { timeoutMs: 1_000, memoryBytes: 200_000_000, rowsMax: 100 }
  sql = createSqlConsole({ runner: confinedRunner(reader, limits), explainer: writer, limits })
})
afterAll(async () => {
  await reader.close()
  await writer.close()
})

const calls = [
  "arrayMap(file, ['?'])",
  "arrayMap(FILE, ['?'])",
  "arrayMap(`file`, ['?'])",
  'arrayMap("file", [\'?\'])',
  "arrayMap(/* a */ file /* b */, ['?'])",
  "arrayMap(file -- a\n, ['?'])",
  "arrayMap((file), ['?'])",
  "arrayMap(file AS f, ['?'])",
  "arrayFilter(file, ['?'])",
  "arraySort(file, ['?', '?'])",
  "arrayExists(file, ['?'])",
  "arrayFirst(file, ['?'])",
  "arrayFold(file, ['?'], '')",
  "arrayReduce('file', ['?'])",
  "mapApply(file, map('a', '?'))",
  "mapFilter(file, map('a', '?'))",
  "tupleElement((arrayMap(file, ['?']), 1), 1)",
  "if(1, arrayMap(file, ['?']), [])",
  "arrayMap(arrayMap, [file], [['?']])",
  "any(n) OVER (ORDER BY arrayMap(file, ['?']))",
]
test.each([
  ...calls.map((call) => `SELECT ${call} FROM calls`),
  "WITH file AS f SELECT arrayMap(f, ['?'])",
  "WITH (SELECT file) AS f SELECT arrayMap(f, ['?'])",
  "SELECT file AS f, arrayMap(f, ['?']) FROM calls",
  "SELECT id FROM calls ORDER BY arrayMap(file, ['?'])",
  "SELECT id FROM calls WHERE has(arrayMap(file, ['?']), id)",
])('reads no file: %s', async (query) => {
  const answer = sql.query(query.replaceAll('?', secretFile))
  await expect(answer).rejects.toMatchObject({ name: 'SqlRefused' })
  await expect(answer).rejects.not.toThrow(/the query failed/)
  await expect(answer).rejects.not.toThrow(secret)
})

test('the secret is there to be read: by nobody but a connection without the guard', async () => {
  const result = await writer.query({ query: `SELECT arrayMap(file, ['${secretFile}'])`, format: 'TabSeparated' })
  expect(await result.text()).toContain(secret)
})

// The guard lets these through, because nothing but a column is ever named like this: the engine must agree.
test.each([
  "SELECT arrayMap(c.file, ['?']) FROM calls AS c",
  "SELECT arrayMap(calls.file, ['?']) FROM calls",
  "SELECT arrayMap(system.file, ['?'])",
  "SELECT arrayMap(`c.file`, ['?']) FROM calls AS c",
  "SELECT arrayMap(file.file, ['?'])",
  "SELECT arrayMap(` file`, ['?'])",
  "SELECT arrayMap(`file `, ['?'])",
  "SELECT arrayMap(c.file, ['?']) FROM (SELECT 1 AS id) AS c",
  "SELECT arrayMap((1 AS x).file, ['?'])",
])('a name with a table before it is a column to the engine: %s', async (query) => {
  const answer = sql.query(query.replaceAll('?', secretFile))
  await expect(answer).rejects.toMatchObject({ name: 'SqlRefused' })
  await expect(answer).rejects.not.toThrow(secret)
})
