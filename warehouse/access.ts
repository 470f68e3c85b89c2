import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf } from './client.ts'
import { identifier } from './literal.ts'

/** Tables of this database that may not be read, or written; by name. */
export interface RefusedTables {
  readonly read: readonly string[]
  readonly written: readonly string[]
}

/** ACCESS_DENIED and READONLY: of a grant, and of a profile of settings. */
const refusals: readonly unknown[] = ['497', '164']

/** Tries each table: reads no row of it, and inserts none. Whatever else goes wrong is thrown. */
export async function refusedTables(client: ClickHouseClient): Promise<RefusedTables> {
  const tables = await rowsOf<[string]>(
    client,
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
  )
  const read: string[] = []
  const written: string[] = []
  for (const [table] of tables) {
    const name = identifier(table)
    if (await isRefused(client, `SELECT 1 FROM ${name} LIMIT 0`)) read.push(table)
    if (await isRefused(client, `INSERT INTO ${name} SELECT * FROM ${name} WHERE 0`)) written.push(table)
  }
  return { read, written }
}

async function isRefused(client: ClickHouseClient, query: string): Promise<boolean> {
  try {
    await client.command({ query })
    return false
  } catch (error) {
    if (refusals.includes((error as { readonly code?: unknown }).code)) return true
    throw error
  }
}
