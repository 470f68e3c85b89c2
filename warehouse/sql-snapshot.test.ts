import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { connectWarehouse } from './client.ts'
import { activeParts, definitionsRead, linkSnapshot } from './sql-snapshot.ts'

describe('parts of a table', () => {
  test('that others replace are left out, as are those still being written', () => {
    const names = ['20260101_1_1_0', '20260101_2_2_0', '20260101_1_2_1', '20260101_3_3_0', '20260102_4_4_0']
    const written = ['tmp_insert_20260101_9_9_0', 'tmp_merge_20260101_1_3_2', 'delete_tmp_20260101_5_5_0', 'detached']
    expect(activeParts([...names, ...written])).toEqual(['20260101_1_2_1', '20260101_3_3_0', '20260102_4_4_0'])
  })

  test('are those of the last mutation, and of the highest level', () => {
    expect(activeParts(['all_1_5_1', 'all_1_5_1_7', 'all_6_6_0', 'all_6_6_0_7', 'all_1_5_1_6'])).toEqual([
      'all_1_5_1_7',
      'all_6_6_0_7',
    ])
    expect(activeParts(['all_1_5_1', 'all_1_5_2'])).toEqual(['all_1_5_2'])
  })

  test('that begin later than a larger one ends are kept, whatever the order they come in', () => {
    expect(activeParts(['all_11_11_0', 'all_2_2_0', 'all_1_10_3', 'all_10_10_0']).toSorted()).toEqual([
      'all_11_11_0',
      'all_1_10_3',
    ])
  })
})

describe('tables that a query reads', () => {
  const known = [
    { name: 'calls', text: 'ATTACH TABLE _ UUID' },
    { name: 'otel_logs', text: 'ATTACH TABLE _ UUID' },
    { name: 'application_logs', text: 'ATTACH VIEW _ AS SELECT * FROM default.otel_logs' },
    { name: 'outer', text: 'ATTACH VIEW _ AS SELECT * FROM default.application_logs' },
  ]
  test.each([
    ['SELECT 1', []],
    ['SELECT count() FROM calls', ['calls']],
    ['SELECT count() FROM "calls" WHERE id IN calls', ['calls']],
    ['SELECT * FROM outer', ['outer', 'application_logs', 'otel_logs']],
    ['SELECT name FROM System.tables', ['calls', 'otel_logs', 'application_logs', 'outer']],
  ])('%s', (sql, names) => {
    expect(definitionsRead(sql, known).map(({ name }) => name)).toEqual(names)
  })
})

const folder = mkdtempSync(join(tmpdir(), 'callscope-snapshot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a snapshot is hard links to what a table holds now, and leaves out what the query does not read', async () => {
  const from = join(folder, 'warehouse')
  const client = await connectWarehouse({ location: { path: from } })
  for (const name of ['calls', 'minutes']) {
    await client.command({ query: `CREATE TABLE ${name} (id String) ENGINE = MergeTree ORDER BY id` })
    await client.command({ query: `INSERT INTO ${name} VALUES ('a')` })
  }
  const to = join(from, 'snapshot')
  linkSnapshot({ from, to, sql: 'SELECT * FROM calls' })
  await client.close()
  const files = (under: string) =>
    readdirSync(join(to, under), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files('metadata').length + files('store').length).toBeGreaterThan(5)
  expect(files('store').filter(({ name }) => name === 'data.bin').length).toBe(1)
  expect(files('store').map(({ name }) => name)).toEqual(expect.arrayContaining(['calls.sql', 'format_version.txt']))
  expect(files('store').filter(({ parentPath, name }) => statSync(join(parentPath, name)).nlink < 2)).toEqual([])
})
