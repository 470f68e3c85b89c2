import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TraceStatement } from '#contracts/statement-trace.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { connectWarehouse, insertRows, rowsOf, run } from './client.ts'
import { statementOf } from './statement-tracer.ts'

test.each([
  ['SELECT a FROM calls FINAL WHERE id = 1', 'SELECT', 'calls'],
  ['  WITH x AS (SELECT 1) SELECT * FROM call_minutes', 'SELECT', 'call_minutes'],
  ['INSERT INTO quality_samples (a) FORMAT Native', 'INSERT', 'quality_samples'],
  ['CREATE TABLE IF NOT EXISTS t (a String)', 'CREATE', 't'],
  ["SELECT * FROM (SELECT 'FROM \\' FROM secret' AS x)", 'SELECT', undefined],
  ["SELECT 'FROM a", 'SELECT', undefined],
  ['KILL QUERY', 'OTHER', undefined],
])('%s', (sql, kind, table) => {
  expect(statementOf(sql)).toEqual({ kind, table })
})

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse.stop())

test('each statement of a connection is told of by kind and table, also those side by side', async () => {
  const told: string[] = []
  const trace: TraceStatement = ({ kind, table }) => ({
    within: (go) => go(),
    end: (outcome) => void told.push(`${kind} ${table} ${outcome}`),
  })
  const client = await connectWarehouse({ location: { path: warehouse.folder }, trace })
  await run(client, 'CREATE TABLE IF NOT EXISTS traced (a String) ENGINE = Memory')
  await insertRows(client, 'traced', [{ a: 'planted' }])
  await Promise.all([rowsOf(client, 'SELECT a FROM traced'), rowsOf(client, 'SELECT count() FROM calls')])
  await rowsOf(client, "SELECT throwIf(a = 'planted') FROM traced").catch(() => undefined)
  await client.close()
  expect(told.toSorted()).toEqual([
    'CREATE traced ok',
    'INSERT traced ok',
    'SELECT calls ok',
    'SELECT traced failed',
    'SELECT traced ok',
  ])
})
