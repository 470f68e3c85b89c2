import type { ClickHouseClient } from '@clickhouse/client'
import { createEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from '#collectors/embedded-log/embedded-log.ts'
import type { CallCharts } from '#contracts/call-charts.ts'
import type { Change } from '#contracts/changes.ts'
import type { Clock } from '#contracts/clock.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { Registry } from '#contracts/registry.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import type { CallReader, SqlConsole } from '#contracts/warehouse.ts'
import { type Component, resolveComponents } from '#pipelines/summaries/components.ts'
import { createRegistry } from '#registry/registry.ts'
import { createPrometheus, type Prometheus } from '#sinks/prometheus/prometheus.ts'
import { removeBlocks } from '#warehouse/chdb-blocks.ts'
import { inTurns } from '#warehouse/chdb-turns.ts'
import { connectWarehouse, type WarehouseOptions } from '#warehouse/client.ts'
import { createEraser, type Eraser } from '#warehouse/erase/eraser.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { createCallChanges } from '#warehouse/read/call-changes.ts'
import { createCallCharts } from '#warehouse/read/call-charts.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import { createSqlConsole } from '#warehouse/sql-guard-console.ts'
import { takeCensus } from '#warehouse/summaries/census.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { readCompleteUntil } from './complete-until.ts'
import type { Config } from './config.ts'
import type { DataFolder } from './data-folder.ts'
import type { Logger } from './logger.ts'
import { type RunningPipelines, startPipelines } from './pipelines.ts'
import { openPrivacy, type PrivacyRoom, searchingCharts, searchingReader } from './privacy/open-privacy.ts'
import { judgingProfile } from './profiles/judging-profile.ts'
import { createProfileCache, type ProfileCache } from './profiles/profile-cache.ts'
import { version } from './version.ts'
import { createWriteHealth, probeOf, type WriteHealth } from './write-health.ts'

/** Everything of an embedded install, open. What a process needs beside it are its edges (HTTP) and its people (commands). */
export interface Engine {
  readonly log: EmbeddedLog
  readonly registry: Registry
  readonly reader: CallReader
  readonly charts: CallCharts
  readonly changes: CallChanges
  readonly completeUntil: () => ReturnType<typeof readCompleteUntil>
  readonly sql: SqlConsole
  readonly metrics: Prometheus
  readonly profiles: ProfileCache
  readonly writes: WriteHealth
  readonly privacy: PrivacyRoom
  readonly eraser: Eraser
  /** Everything that raw holds, as changes; on a connection of its own, because it takes long. */
  census(): AsyncIterable<readonly Change[]>
  /** Calls that these ids name now. */
  componentsOf(members: readonly MemberKey[]): Promise<readonly Component[]>
  /** Migrations of the warehouse that were applied at this opening. */
  readonly migrated: readonly string[]
  startPipelines(): Promise<RunningPipelines>
  close(): Promise<void>
}

export interface EngineParts {
  readonly config: Config
  readonly folder: DataFolder
  readonly clock: Clock
  readonly logger: Logger
}

/** Opens log, registry and warehouse of a folder that this process owns, and brings them up to date. */
export async function openEngine(parts: EngineParts): Promise<Engine> {
  const closers: (() => Promise<void>)[] = []
  // The last opened is closed first, whether all went well or not.
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return { ...(await open(parts, closers)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A chart that takes longer is one that nobody waits for. */
const maxChartMs = 15_000
/** What changed is asked every second, and everybody's live list waits for it. */
const maxChangesMs = 10_000

async function open(
  { config, folder, clock, logger }: EngineParts,
  closers: (() => Promise<void>)[],
): Promise<Omit<Engine, 'close'>> {
  const writes = createWriteHealth({ clock, probe: probeOf(folder.part('write-probe')) })
  const log = watchedLog(writes, {
    path: folder.part('log.sqlite'),
    topics: embeddedTopics,
    clock,
    durability: config.durability,
  })
  closers.push(() => log.close())
  // PGlite takes seconds to make its first database: the warehouse comes up meanwhile.
  const opening = createRegistry({ dataDir: folder.part('registry'), clock })
  closers.push(async () => (await opening.catch(() => undefined))?.close())
  const connect = async (limits: Pick<WarehouseOptions, 'maxQueryMs'> = {}): Promise<ClickHouseClient> => {
    const client = await connectWarehouse({ location: { path: folder.part('warehouse') }, ...limits })
    closers.push(() => client.close())
    return client
  }
  await removeBlocks(folder.part('warehouse'))
  const readerClient = await connect()
  const migrated = await migrateWarehouse(readerClient, await listMigrations())
  const sql = createSqlConsole({
    client: await connectConsole(folder, closers),
    explainer: readerClient,
    limits: sqlLimits(config),
  })
  const registry = await opening
  await registry.tenants.ensureTenants(tenantsOf(config))
  const tenants = (await registry.tenants.tenants()).map(({ id }) => id)
  const metrics = createPrometheus({ version, processMetrics: true, tenants, carriers: [], regions: [], learn: true })
  const profiles = await createProfileCache(registry)
  const privacy = await openPrivacy({ config, registry, clock })
  return {
    ...{ log, registry, sql, metrics, profiles, privacy, writes, migrated },
    reader: searchingReader(createCallReader(readerClient), privacy),
    eraser: createEraser(readerClient),
    // Charts take longer than lists, and live lists ask every second: neither may wait for the other.
    charts: searchingCharts(
      createCallCharts({ client: await connect({ maxQueryMs: maxChartMs }), ...judgingProfile(profiles) }),
      privacy,
    ),
    changes: createCallChanges(await connect({ maxQueryMs: maxChangesMs })),
    completeUntil: () => readCompleteUntil(registry.watermarks),
    async componentsOf(members) {
      const links = createLinkReader(readerClient)
      return [...(await resolveComponents(members, { links, cuts: registry.cuts })).values()].flat()
    },
    async *census() {
      const client = await connectWarehouse({ location: { path: folder.part('warehouse') } })
      try {
        yield* takeCensus(client, () => true)
      } finally {
        await client.close()
      }
    },
    startPipelines: () =>
      startPipelines({ config, folder, clock, logger, log, registry, metrics, profiles, privacy, writes, connect }),
  }
}

function watchedLog(writes: WriteHealth, options: EmbeddedLogOptions): EmbeddedLog {
  const log = createEmbeddedLog(options)
  const watched = writes.watch('log')
  return { ...log, append: (records) => watched(() => log.append(records)) }
}

/** A connection without settings of its own: they could not be sent once the console has made it read-only. */
async function connectConsole(folder: DataFolder, closers: (() => Promise<void>)[]): Promise<ClickHouseClient> {
  const [{ createClient }, { createChdbConnection }] = await Promise.all([
    import('@clickhouse/client'),
    import('chdb/connection'),
  ])
  const connection = inTurns(createChdbConnection({ path: folder.part('warehouse') }))
  const client = createClient({ connection } as unknown as Parameters<typeof createClient>[0])
  closers.push(() => client.close())
  return client
}

const sqlLimits = ({ sql }: Config) => ({
  timeoutMs: sql.timeoutSeconds * 1_000,
  memoryBytes: sql.memoryMiB * 1_048_576,
  rowsMax: sql.rowsMax,
})

function tenantsOf({ tenants, defaultTenant }: Config) {
  const named = tenants.map(({ id, name }) => ({ id, name: name ?? id }))
  return named.some(({ id }) => id === defaultTenant) ? named : [...named, { id: defaultTenant, name: defaultTenant }]
}
