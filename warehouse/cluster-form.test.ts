import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectWarehouse, rowsOf } from './client.ts'
import { clusterForm } from './cluster-form.ts'
import { text } from './literal.ts'
import { listMigrations, migrateWarehouse, repeatable, statementsOf } from './migrate.ts'

const migrations = await listMigrations()
const statements = migrations.flatMap(({ name, sql }) =>
  statementsOf(sql).map((sql) => [name, repeatable(sql)] as const),
)
const cluster = "north's"

let client: ClickHouseClient
beforeAll(async () => {
  client = await connectWarehouse({ location: { path: mkdtempSync(join(tmpdir(), 'callscope-cluster-')) } })
})
afterAll(() => client.close())

/** As the engine itself reads it, without comments and in its own spelling. Throws what the engine cannot parse. */
const read = async (sql: string): Promise<string> => {
  const [row] = await rowsOf<[string]>(client, `SELECT formatQuerySingleLine(${text(sql)})`)
  return row?.[0] ?? ''
}

describe('a migration as a cluster is told it', () => {
  test.each(statements)('%s goes to all hosts, and is else what it was: %s', async (_name, sql) => {
    const told = await read(clusterForm(sql, cluster))
    const plain = await read(sql)
    const target =
      /^(CREATE TABLE IF NOT EXISTS|CREATE VIEW IF NOT EXISTS|CREATE OR REPLACE VIEW|ALTER TABLE) \w+/.exec(plain)?.[0]
    const where = " ON CLUSTER `north's`"
    expect(told.startsWith(`${target}${where}`)).toBe(true)
    expect(told.match(/ON CLUSTER/g)).toHaveLength(1)
    const engine = / ENGINE = (\w+)/.exec(plain)?.[1]
    if (plain.startsWith('CREATE TABLE')) expect(told).toContain(` ENGINE = Replicated${engine}`)
    expect(told.replace(where, '').replace(' ENGINE = Replicated', ' ENGINE = ')).toBe(plain)
  })

  test.each(migrations)('$name told twice is the same, whole or by statement', ({ sql }) => {
    const once = clusterForm(sql, cluster)
    expect(clusterForm(once, cluster)).toBe(once)
    expect(statementsOf(once)).toEqual(statementsOf(sql).map((statement) => clusterForm(statement, cluster)))
  })

  test('every table is replicated, with the version it had', () => {
    const engines = migrations.flatMap(({ sql }) => clusterForm(sql, 'c').match(/ENGINE = \w+(\([^)]*\))?/g) ?? [])
    expect(engines.length).toBeGreaterThan(10)
    expect(engines.filter((engine) => !/^ENGINE = Replicated\w*MergeTree/.test(engine))).toEqual([])
    expect(new Set(engines)).toContain('ENGINE = ReplicatedReplacingMergeTree(version, is_deleted)')
  })

  test('what stands in texts and comments is nobody’s name', () => {
    const sql = `-- CREATE TABLE a ENGINE = MergeTree;\nCREATE TABLE d.t (n UInt8 COMMENT 'it''s; ENGINE = MergeTree') ENGINE=MergeTree ORDER BY n`
    expect(clusterForm(sql, 'c')).toBe(
      `-- CREATE TABLE a ENGINE = MergeTree;\nCREATE TABLE d.t ON CLUSTER 'c' (n UInt8 COMMENT 'it''s; ENGINE = MergeTree') ENGINE=ReplicatedMergeTree ORDER BY n`,
    )
  })

  test.each(['CREATE MATERIALIZED VIEW v AS SELECT 1', 'RENAME TABLE a TO b', 'INSERT INTO t SELECT 1'])(
    'a statement nobody has thought of is refused: %s',
    (sql) => expect(() => clusterForm(sql, 'c')).toThrow('no form for a cluster is known'),
  )
})

test('a migration that was carried out and not noted is carried out again without harm', async () => {
  await migrateWarehouse(client, migrations)
  await client.command({ query: 'TRUNCATE TABLE schema_migrations' })
  expect(await migrateWarehouse(client, migrations)).toEqual(migrations.map(({ name }) => name))
  expect(await migrateWarehouse(client, migrations)).toEqual([])
})
