import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'

/** An empty warehouse on the embedded engine, for tests of one part of it. */
export interface TestWarehouse {
  readonly client: ClickHouseClient
  readonly folder: string
  rows<Row extends readonly unknown[]>(query: string): Promise<Row[]>
  stop(): Promise<void>
}

export async function startWarehouse(): Promise<TestWarehouse> {
  const folder = await mkdtemp(join(tmpdir(), 'callscope-warehouse-'))
  const client = await connectWarehouse({ location: { path: folder }, maxThreads: 2 })
  await migrateWarehouse(client, await listMigrations())
  return {
    client,
    folder,
    rows: (query) => rowsOf(client, query),
    async stop() {
      await client.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
