import type { ClickHouseClient } from '@clickhouse/client'
import type { CallCharts } from '#contracts/call-charts.ts'
import type { Change } from '#contracts/changes.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { Registry } from '#contracts/registry.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import type { CallReader } from '#contracts/warehouse.ts'
import { type Component, resolveComponents } from '#pipelines/summaries/components.ts'
import { createPrometheus, type Prometheus } from '#sinks/prometheus/prometheus.ts'
import { createEraser, type Eraser } from '#warehouse/erase/eraser.ts'
import { createCallChanges } from '#warehouse/read/call-changes.ts'
import { createCallCharts } from '#warehouse/read/call-charts.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import { countFacts } from '#warehouse/read/canary-counts.ts'
import { createWarehouseTelemetry } from '#warehouse/read/telemetry.ts'
import { createSqlConsole, type OpenSqlConsole } from '#warehouse/sql-guard-console.ts'
import { takeCensus } from '#warehouse/summaries/census.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { type Archive, openArchive } from './archive/open-archive.ts'
import { readCompleteUntil } from './complete-until.ts'
import type { PipelineName } from './compose/compose-parts.ts'
import type { Config } from './config.ts'
import type { DataFolder } from './data-folder.ts'
import type { Logger } from './logger.ts'
import { type RunningPipelines, startPipelines } from './pipelines.ts'
import { openPrivacy, type PrivacyRoom, searchingCharts, searchingReader } from './privacy/open-privacy.ts'
import { judgingProfile } from './profiles/judging-profile.ts'
import { createProfileCache, type ProfileCache } from './profiles/profile-cache.ts'
import { type OpenLog, openLog } from './stores/open-log.ts'
import { openRegistry } from './stores/open-registry.ts'
import { bringUpToDate, type OpenWarehouse, ofTheWarehouse, openWarehouse } from './stores/open-warehouse.ts'
import { erasedElsewhere, telemetryReader } from './stores/telemetry-stores.ts'
import type { OwnTelemetry } from './telemetry/own-telemetry.ts'
import { countingLog, createTenantShares, readTopics, type TenantShares } from './tenant-shares.ts'
import { build } from './version.ts'
import { createWriteHealth, probeOf, type WriteHealth } from './write-health.ts'

/** Every store of an install, open. What a process needs beside it are its edges (HTTP) and its people (commands). */
export interface Engine {
  readonly log: EventLog
  readonly watch: Omit<OpenLog, 'log'>
  readonly registry: Registry
  readonly reader: CallReader
  readonly charts: CallCharts
  readonly changes: CallChanges
  readonly completeUntil: () => ReturnType<typeof readCompleteUntil>
  readonly sql: OpenSqlConsole
  readonly metrics: Prometheus
  readonly profiles: ProfileCache
  /** Undefined: nothing is archived. */
  readonly archive: Archive | undefined
  readonly writes: WriteHealth
  /** Undefined: others write to the log and read it, so that this process does not know what waits in it. */
  readonly shares: TenantShares | undefined
  readonly privacy: PrivacyRoom
  readonly eraser: Eraser
  /** Lines and spans that an erasure has to reach outside the warehouse. */
  readonly elsewhere: ReturnType<typeof erasedElsewhere>
  /** Everything that raw holds, as changes; on a connection of its own, because it takes long. */
  census(): AsyncIterable<readonly Change[]>
  /** Calls that these ids name now. */
  componentsOf(members: readonly MemberKey[]): Promise<readonly Component[]>
  /** What the warehouse holds of these correlation ids. */
  countFacts(tenant: string, ids: readonly string[]): ReturnType<typeof countFacts>
  /** Migrations of the warehouse that were applied at this opening. */
  readonly migrated: readonly string[]
  /** All pipelines, or those named. */
  startPipelines(pipelines?: readonly PipelineName[]): Promise<RunningPipelines>
  close(): Promise<void>
}

export interface EngineParts {
  readonly config: Config
  /** Holds what the configuration places nowhere else; a process without one has every store elsewhere. */
  readonly folder: DataFolder | undefined
  /** True: a shared warehouse is brought up to date, too; otherwise only one of our own. */
  readonly migrates?: boolean
  readonly clock: Clock
  readonly logger: Logger
  /** Traces of this process; a command that ends soon has none. */
  readonly telemetry?: Pick<OwnTelemetry, 'tracing' | 'takeDropped'>
}

/** Opens log, registry and warehouse, and brings up to date those of a folder that this process owns. */
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

async function open(parts: EngineParts, closers: (() => Promise<void>)[]): Promise<Omit<Engine, 'close'>> {
  const { config, folder, clock } = parts
  const probe = folder === undefined ? async () => undefined : probeOf(folder.part('write-probe'))
  const writes = createWriteHealth({ clock, probe })
  const { log: opened, ...watch } = await openLog(parts, writes)
  closers.push(() => opened.close())
  // PGlite takes seconds to make its first database: the warehouse comes up meanwhile.
  const opening = openRegistry(parts)
  // It is awaited below; one that fails before the warehouse is there must not end the process.
  opening.catch(() => undefined)
  closers.push(async () => (await opening.catch(() => undefined))?.close())
  const warehouse = await ofTheWarehouse(parts, async () => {
    const opened = await openWarehouse(parts, closers)
    const client = await opened.connect()
    return { ...opened, client, migrated: await bringUpToDate(parts, client) }
  })
  const { connect, migrated } = warehouse
  const sql = await openConsole(config, warehouse)
  const registry = await opening
  await registry.tenants.ensureTenants(tenantsOf(config))
  const tenants = (await registry.tenants.tenants()).map(({ id }) => id)
  const shares = watch.embedded === undefined ? undefined : createTenantShares({ topicsOf: readTopics, tenants })
  const log = shares === undefined ? opened : countingLog(opened, shares)
  const metrics = createPrometheus({ ...build, processMetrics: true, tenants, carriers: [], regions: [], learn: true })
  if (shares !== undefined) metrics.pipelines.watchTenants(shares.load)
  const profiles = await createProfileCache(registry)
  const archive = openArchive(config.archive, registry.archive)
  closers.push(async () => archive?.store.close())
  const telemetry = telemetryReader(config, createWarehouseTelemetry(warehouse.client))
  closers.push(async () => telemetry.close())
  const elsewhere = erasedElsewhere(config, clock)
  closers.push(async () => elsewhere.logs?.close())
  const privacy = await openPrivacy({ config, registry, clock })
  const stores = { log, watch, registry, metrics, profiles, archive, privacy, writes, shares }
  return {
    ...{ ...stores, sql, migrated, elsewhere },
    ...(await openReaders({ warehouse, telemetry, ...stores })),
    completeUntil: () => readCompleteUntil(registry.watermarks),
    startPipelines: (pipelines) =>
      startPipelines({ ...parts, ...stores, connect, ...(pipelines === undefined ? {} : { pipelines }) }),
  }
}

/** A warehouse with one connection for what is answered soon. */
interface Warehouse extends OpenWarehouse {
  readonly client: ClickHouseClient
}

interface ReaderParts extends Pick<Engine, 'registry' | 'profiles' | 'privacy'> {
  readonly warehouse: Warehouse
  readonly telemetry: ReturnType<typeof telemetryReader>
}

type Readers = 'reader' | 'eraser' | 'charts' | 'changes' | 'countFacts' | 'componentsOf' | 'census'

/** What is read of the warehouse, for the edges and for people. */
async function openReaders({
  warehouse: { client, connect, connectApart },
  telemetry,
  registry,
  profiles,
  privacy,
}: ReaderParts): Promise<Pick<Engine, Readers>> {
  // Charts take longer than lists, and live lists ask every second: neither may wait for the other.
  const forCharts = await connect({ maxQueryMs: maxChartMs })
  return {
    reader: searchingReader(createCallReader(client, telemetry), privacy),
    eraser: createEraser(client),
    charts: searchingCharts(createCallCharts({ client: forCharts, ...judgingProfile(profiles) }), privacy),
    changes: createCallChanges(await connect({ maxQueryMs: maxChangesMs })),
    countFacts: (tenant, ids) => countFacts(client, tenant, ids),
    async componentsOf(members) {
      const links = createLinkReader(client)
      return [...(await resolveComponents(members, { links, cuts: registry.cuts })).values()].flat()
    },
    async *census() {
      const apart = await connectApart()
      try {
        yield* takeCensus(apart, () => true)
      } finally {
        await apart.close()
      }
    },
  }
}

async function openConsole(config: Config, { openRunner, client }: Warehouse): Promise<OpenSqlConsole> {
  const limits = sqlLimits(config)
  return createSqlConsole({ runner: await openRunner(limits, client), explainer: client, limits })
}

const sqlLimits = ({ sql }: Config) => ({
  timeoutMs: sql.timeoutSeconds * 1_000,
  memoryBytes: sql.memoryMiB * 1_048_576,
  rowsMax: sql.rowsMax,
})

function tenantsOf({ tenants, defaultTenant, auditTenant = defaultTenant }: Config) {
  const named = tenants.map(({ id, name }) => ({ id, name: name ?? id }))
  const own = [...new Set([defaultTenant, auditTenant])].filter((own) => !named.some(({ id }) => id === own))
  return [...named, ...own.map((id) => ({ id, name: id }))]
}
