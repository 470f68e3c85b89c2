import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { LastingError } from '#contracts/errors.ts'
import { rowsOf, run } from './client.ts'

export interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

const folder = join(import.meta.dirname, 'migrations')

/** The migrations of this version of the program, in order. */
export async function listMigrations(from: string = folder): Promise<readonly Migration[]> {
  const names = (await readdir(from)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(from, name), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * Applies what is missing, in order. Refuses a warehouse that a newer program has migrated, and a migration that was
 * edited after it was applied. Returns the names applied now.
 */
export async function migrateWarehouse(
  client: ClickHouseClient,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await run(
    client,
    `CREATE TABLE IF NOT EXISTS schema_migrations (name String, checksum String, applied_at DateTime DEFAULT now())
     ENGINE = ReplacingMergeTree ORDER BY name`,
  )
  const applied = new Map(
    await rowsOf<[string, string]>(client, 'SELECT name, checksum FROM schema_migrations FINAL ORDER BY name'),
  )
  refuseForeign(applied, migrations)
  const missing = migrations.filter(({ name }) => !applied.has(name))
  for (const { name, sql, checksum } of missing) {
    for (const statement of statementsOf(sql)) await run(client, repeatable(statement))
    await client.insert({ table: 'schema_migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
  }
  return missing.map(({ name }) => name)
}

/** Names of migrations that the warehouse lacks, in order. Refuses what `migrateWarehouse` refuses. */
export async function missingMigrations(
  client: ClickHouseClient,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const exists = await rowsOf<[number]>(
    client,
    `SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'`,
  )
  if (exists[0]?.[0] !== 1) return migrations.map(({ name }) => name)
  const applied = new Map(await rowsOf<[string, string]>(client, 'SELECT name, checksum FROM schema_migrations FINAL'))
  refuseForeign(applied, migrations)
  return migrations.filter(({ name }) => !applied.has(name)).map(({ name }) => name)
}

function refuseForeign(applied: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]))
  for (const [name, checksum] of applied) {
    const ours = known.get(name)
    if (ours === undefined) {
      throw new LastingError(
        `the warehouse has migration ${name}, which this version does not know: run a newer callscope on it`,
      )
    }
    if (ours !== checksum) {
      throw new LastingError(
        `migration ${name} was edited after it was applied: restore it, and put the change in a new one`,
      )
    }
  }
}

/** A process may die between a statement and the note that it ran: creating again what is there must do no harm. */
const repeatable = (statement: string): string =>
  statement.replace(/^CREATE (TABLE|VIEW) (?!IF NOT EXISTS)/, 'CREATE $1 IF NOT EXISTS ')

function statementsOf(sql: string): readonly string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
