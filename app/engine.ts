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
import { believedWatermarks } from '#pipelines/watermarks.ts'
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
import { type KeptClock, openClock } from './clock/open-clock.ts'
import { type Expiry, holdExpiry, openWithoutMerges } from './clock/stop-expiry.ts'
import type { TrustedClock } from './clock/trusted-clock.ts'
import { readCompleteUntil } from './complete-until.ts'
import type { PipelineName } from './compose/compose-parts.ts'
import type { Config } from './config.ts'
import type { DataFolder } from './data-folder.ts'
import type { Logger } from './logger.ts'
import { type RunningPipelines, startPipelines } from './pipelines.ts'
import { openPrivacy, type PrivacyRoom, searchingCharts, searchingReader } from './privacy/open-privacy.ts'
import { judgingProfile } from './profiles/judging-profile.ts'
import { createProfileCache, type ProfileCache } from './profiles/profile-cache.ts'
import { createRecordHealth, type RecordHealth } from './record-health.ts'
import { type OpenLog, openLog } from './stores/open-log.ts'
import { openRegistry } from './stores/open-registry.ts'
import {
  bringUpToDate,
  type OpenWarehouse,
  ofTheWarehouse,
  openWarehouse,
  warehouseLocation,
} from './stores/open-warehouse.ts'
import { erasedElsewhere, telemetryReader } from './stores/telemetry-stores.ts'
import { folderFor } from './stores/where.ts'
import type { OwnTelemetry } from './telemetry/own-telemetry.ts'
import { countingLog, createTenantShares, readTopics, type TenantShares } from './tenant-shares.ts'
import { build } from './version.ts'
import { createWriteHealth, probeOf, type WriteHealth } from './write-health.ts'

/** Every store of an install, open. What a process needs beside it are its edges (HTTP) and its people (commands). */
export interface Engine {
  /** The present that all parts go by. */
  readonly present: TrustedClock
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
  readonly records: RecordHealth
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
  /** The machine's clock; parts of an engine are given the one that holds it against the time that has passed. */
  readonly clock: Clock
  /** Tests set it: milliseconds that the machine has run, sleep included. */
  readonly steady?: () => number
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

async function open(given: EngineParts, closers: (() => Promise<void>)[]): Promise<Omit<Engine, 'close'>> {
  const present = openClock(given.clock, given.folder, given.steady)
  closers.push(async () => present.keep())
  const parts = {
    ...given,
    clock: present.now,
    wall: given.clock,
    keepClock: present.keep,
    isSure: () => present.aheadMs() === 0,
  }
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
    return { ...opened, ...(await openHeld(parts, { opened, present, embedded: watch.embedded }, closers)) }
  })
  const { connect, migrated, expiry } = warehouse
  const sql = await openConsole(config, warehouse)
  const registry = await opening
  await registry.tenants.ensureTenants(tenantsOf(config))
  const tenants = (await registry.tenants.tenants()).map(({ id }) => id)
  const shares = watch.embedded === undefined ? undefined : createTenantShares({ topicsOf: readTopics, tenants })
  const log = shares === undefined ? opened : countingLog(opened, shares)
  const metrics = createPrometheus({
    ...{ ...build, processMetrics: true, tenants, carriers: [], regions: [], learn: true },
    clocksAhead: () => ({ machine: present.aheadMs(), ...(watch.aheadMs && { log: watch.aheadMs() }) }),
  })
  if (shares !== undefined) metrics.pipelines.watchTenants(shares.load)
  const profiles = await createProfileCache(registry)
  const archive = openArchive(config.archive, registry.archive)
  closers.push(async () => archive?.store.close())
  const telemetry = telemetryReader(config, createWarehouseTelemetry(warehouse.client))
  closers.push(async () => telemetry.close())
  const elsewhere = erasedElsewhere(config, clock)
  closers.push(async () => elsewhere.logs?.close())
  const privacy = await openPrivacy({ config, registry, clock })
  const records = createRecordHealth(() => performance.now())
  const stores = { log, watch, registry, metrics, profiles, archive, privacy, writes, records, shares }
  return {
    ...{ ...stores, present, sql, migrated, elsewhere },
    ...(await openReaders({ warehouse, telemetry, ...stores })),
    completeUntil: () => readCompleteUntil(believedWatermarks(registry.watermarks, watch.nowMs ?? clock)),
    startPipelines: (pipelines) =>
      startPipelines({
        ...parts,
        ...stores,
        connect,
        ...(expiry === undefined ? {} : { expiry }),
        ...(pipelines === undefined ? {} : { pipelines }),
      }),
  }
}

interface HeldParts {
  readonly present: KeptClock
  readonly opened: OpenWarehouse
  readonly embedded: OpenLog['embedded']
}

/** The first connection. Where the time is not sure, the embedded engine is opened so that no row can go before it is told. */
async function openHeld(
  parts: EngineParts,
  { opened, present, embedded }: HeldParts,
  closers: (() => Promise<void>)[],
): Promise<Pick<Warehouse, 'client' | 'expiry' | 'migrated'>> {
  const location = warehouseLocation(parts)
  if (!('path' in location)) {
    const client = await opened.connect()
    return { client, expiry: undefined, migrated: await bringUpToDate(parts, client) }
  }
  const isUnsure = present.aheadMs() !== 0 || embedded?.mayDelete() === false
  const configFile = folderFor('clickhouse.url', parts.folder).part('engine-without-merges.xml')
  const client = await (isUnsure
    ? openWithoutMerges({ path: location.path, configFile }, opened.connect)
    : opened.connect())
  const expiry = await holdExpiry(client, { merges: !isUnsure })
  closers.push(expiry.close)
  // At once: the next look of those who have to do with it is seconds away. Should it fail, they say it again.
  present.onJump(() => void expiry.allow(false).catch(() => undefined))
  return { client, expiry, migrated: await bringUpToDate(parts, client) }
}

/** A warehouse with one connection for what is answered soon. */
interface Warehouse extends OpenWarehouse {
  readonly expiry: Expiry | undefined
  readonly client: ClickHouseClient
  readonly migrated: readonly string[]
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
