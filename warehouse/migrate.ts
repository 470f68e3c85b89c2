import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { storeError } from '#contracts/clickhouse-errors.ts'
import { LastingError } from '#contracts/errors.ts'
import { insertRows, rowsOf, run } from './client.ts'
import { clusterForm } from './cluster-form.ts'
import { clusterDdlSettings } from './cluster-settings.ts'
import { identifier, text } from './literal.ts'
import type { ServerLocation } from './server-connection.ts'

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

const bookkeeping = `CREATE TABLE IF NOT EXISTS schema_migrations
  (name String, checksum String, applied_at DateTime DEFAULT now()) ENGINE = ReplacingMergeTree ORDER BY name`

/**
 * Applies what is missing, in order. Refuses a warehouse that a newer program has migrated, and a migration that was
 * edited after it was applied. On a cluster each statement goes to all hosts and is waited for. Several processes may do
 * it at once: what is there is made no second time. Returns the names applied now.
 */
export async function migrateWarehouse(
  client: ClickHouseClient,
  migrations: readonly Migration[],
  { cluster }: { readonly cluster?: string | undefined } = {},
): Promise<readonly string[]> {
  const carryOut = (statement: string): Promise<void> =>
    cluster === undefined ? run(client, statement) : runOnAllHosts(client, clusterForm(statement, cluster))
  await carryOut(bookkeeping)
  const applied = new Map(
    await rowsOf<[string, string]>(client, 'SELECT name, checksum FROM schema_migrations FINAL ORDER BY name'),
  )
  refuseForeign(applied, migrations)
  const missing = migrations.filter(({ name }) => !applied.has(name))
  for (const { name, sql, checksum } of missing) {
    for (const statement of statementsOf(sql)) await carryOut(repeatable(statement))
    await insertRows(client, 'schema_migrations', [{ name, checksum }])
  }
  return missing.map(({ name }) => name)
}

async function runOnAllHosts(client: ClickHouseClient, query: string): Promise<void> {
  try {
    await client.command({ query, clickhouse_settings: clusterDdlSettings })
  } catch (error) {
    throw storeError(error)
  }
}

/** Makes the database where it is missing, through a connection that names none. */
export async function makeDatabase(client: ClickHouseClient, { database, cluster }: ServerLocation): Promise<void> {
  if (database === undefined) return
  const found = await rowsOf(client, 'SELECT 1 FROM system.databases WHERE name = {name:String}', { name: database })
  // Who may not make one can use one that is there.
  if (found.length > 0) return
  const everywhere = cluster === undefined ? '' : ` ON CLUSTER ${text(cluster)}`
  await run(client, `CREATE DATABASE IF NOT EXISTS ${identifier(database)}${everywhere}`)
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

/** A process may die between a statement and the note that it ran: making again what is there must do no harm. */
export const repeatable = (statement: string): string =>
  statement
    .replace(/^CREATE (TABLE|VIEW) (?!IF NOT EXISTS)/, 'CREATE $1 IF NOT EXISTS ')
    .replace(/^(ALTER TABLE \S+ ADD (?:COLUMN|INDEX)) (?!IF NOT EXISTS)/, '$1 IF NOT EXISTS ')

export function statementsOf(sql: string): readonly string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
