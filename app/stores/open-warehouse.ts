import type { ClickHouseClient } from '@clickhouse/client'
import { LastingError } from '#contracts/errors.ts'
import { removeBlocks } from '#warehouse/chdb-blocks.ts'
import { connectWarehouse, type WarehouseLocation, type WarehouseOptions } from '#warehouse/client.ts'
import { serverLocation } from '#warehouse/config.ts'
import { listMigrations, makeDatabase, migrateWarehouse, missingMigrations } from '#warehouse/migrate.ts'
import type { ServerLocation } from '#warehouse/server-connection.ts'
import type { SqlLimits, SqlRunner } from '#warehouse/sql-confined.ts'
import { createProcessRunner } from '#warehouse/sql-process.ts'
import { createServerRunner } from '#warehouse/sql-server.ts'
import { removeSnapshots } from '#warehouse/sql-snapshot.ts'
import type { EngineParts } from '../engine.ts'
import { CommandError } from '../exit-codes.ts'
import { onDisk } from './disk-trouble.ts'
import { folderFor } from './where.ts'

export type Connect = (limits?: Pick<WarehouseOptions, 'maxQueryMs'>) => Promise<ClickHouseClient>

export interface OpenWarehouse {
  /** A new connection, closed with the engine. Parts that must not wait for each other take their own. */
  readonly connect: Connect
  /** A connection that nobody else uses and that the caller closes. */
  readonly connectApart: Connect
  /** Runs what people ask with `sql`, apart from everything else. `other` is any connection. Closed with the engine. */
  openRunner(limits: SqlLimits, other: ClickHouseClient): Promise<SqlRunner>
}

/** Where the configuration says that the warehouse is. */
export function warehouseLocation({ config, folder }: Pick<EngineParts, 'config' | 'folder'>): WarehouseLocation {
  return serverLocation(config.clickhouse) ?? { path: folderFor('clickhouse.url', folder).part('warehouse') }
}

export async function openWarehouse(parts: EngineParts, closers: (() => Promise<void>)[]): Promise<OpenWarehouse> {
  const location = warehouseLocation(parts)
  if ('path' in location) await Promise.all([removeBlocks(location.path), removeSnapshots(location.path)])
  else if (parts.migrates === true) await makeItsDatabase(location)
  const trace = parts.telemetry?.tracing.statement
  const tracing = trace === undefined ? {} : { trace }
  const requestTimeoutMs = parts.config.clickhouse.requestTimeoutSeconds * 1_000
  const connectApart: Connect = (limits = {}) => connectWarehouse({ location, requestTimeoutMs, ...tracing, ...limits })
  const connect: Connect = async (limits) => {
    const client = await connectApart(limits)
    closers.push(() => client.close())
    return client
  }
  return {
    connectApart,
    connect,
    async openRunner(limits, other) {
      const runner =
        'path' in location
          ? createProcessRunner({ path: location.path, limits })
          : createServerRunner({ client: await connect(), other, limits })
      closers.push(() => runner.close())
      return runner
    },
  }
}

/** Through a connection that names none: a server refuses each request that names one it does not have. */
async function makeItsDatabase({ database, ...location }: ServerLocation): Promise<void> {
  const client = await connectWarehouse({ location })
  try {
    await makeDatabase(client, { ...location, ...(database === undefined ? {} : { database }) })
  } finally {
    await client.close()
  }
}

/**
 * An engine of our own is brought up to date by whoever opens it. A server is shared: there "callscope migrate" does it,
 * once, and everybody else waits until it is done.
 */
export async function bringUpToDate(
  { config, migrates }: EngineParts,
  client: ClickHouseClient,
): Promise<readonly string[]> {
  const migrations = await listMigrations()
  if (config.clickhouse.url === undefined || migrates === true) {
    return migrateWarehouse(client, migrations, {
      cluster: config.clickhouse.url === undefined ? undefined : config.clickhouse.cluster,
    })
  }
  const missing = await missingMigrations(client, migrations)
  if (missing.length === 0) return []
  throw new Error(`lacks ${missing.length} migrations, first ${missing[0]}: run "callscope migrate"`)
}

/** What keeps the warehouse from being opened says whose fault it is: who waits for several stores has to know for which. */
export function ofTheWarehouse<Opened>(
  { config, folder }: Pick<EngineParts, 'config' | 'folder'>,
  open: () => Promise<Opened>,
): Promise<Opened> {
  const named = () => namingTheWarehouse(open)
  if (config.clickhouse.url !== undefined) return named()
  return onDisk({ store: 'the warehouse', folder: folderFor('clickhouse.url', folder).part('warehouse') }, named)
}

async function namingTheWarehouse<Opened>(open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof CommandError || error instanceof LastingError || !(error instanceof Error)) throw error
    const fix = fixes.find(([pattern]) => pattern.test(error.message))?.[1] ?? ''
    throw new Error(`the warehouse: ${error.message}${fix}`, { cause: error })
  }
}

const fixes: readonly (readonly [RegExp, string])[] = [
  [/UNKNOWN_DATABASE/, ': its database does not exist: run "callscope migrate" (clickhouse.database)'],
  [
    /AUTHENTICATION_FAILED|REQUIRED_PASSWORD/,
    ': it refuses this user or password (clickhouse.username, clickhouse.password)',
  ],
  [/^E[A-Z]+:/, ' (clickhouse.url)'],
]
