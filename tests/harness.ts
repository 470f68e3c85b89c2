import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import type { z } from 'zod'
import { type Archive, openArchive } from '#app/archive/open-archive.ts'
import { type ComposeParts, composePipelines } from '#app/compose-pipelines.ts'
import { openPrivacy, type PrivacyRoom } from '#app/privacy/open-privacy.ts'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { defaultWindows, type TimeWindows } from '#contracts/pipeline.ts'
import type { Registry } from '#contracts/registry.ts'
import { embeddedTopics, shardCount } from '#contracts/topics.ts'
import type { Auditor } from '#pipelines/auditor.ts'
import { pause } from '#pipelines/pause.ts'
import type { Pipeline } from '#pipelines/pipeline.ts'
import { type PrivacyConfig, privacyConfig } from '#pipelines/privacy/config.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import { watermarkLagMs, watermarksOf } from '#pipelines/watermarks.ts'
import { createRegistry } from '#registry/registry.ts'
import { simulatedTenants } from '#simulator/index.ts'
import { archiveConfig } from '#sinks/archive/config.ts'
import { createPrometheus } from '#sinks/prometheus/prometheus.ts'
import { connectWarehouse, rowsOf, type WarehouseLocation } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { createDueReader } from '#warehouse/summaries/due-reader.ts'

const allShards = Array.from({ length: shardCount }, (_, shard) => shard)
/** Pipelines with nothing to do write watermarks each time they have looked at the log, which a busy machine delays. */
const watermarkAgeMs = 1_000

const groups = ['calls', 'evidence', 'logs', 'traces', 'activity', 'audit', 'summaries']

export interface HarnessOptions {
  readonly folder?: string
  /** Where the warehouse is, where not in the folder. */
  readonly location?: WarehouseLocation
  readonly clock?: () => number
  readonly windows?: Partial<TimeWindows>
  readonly pace?: ComposeParts['pace']
  readonly limits?: ComposeParts['limits']
  readonly tenants?: readonly string[]
  readonly durability?: 'power' | 'process'
  readonly patience?: ComposeParts['patience']
  readonly profileOf?: ComposeParts['profileOf']
  readonly refreshProfiles?: ComposeParts['refreshProfiles']
  /** Settings of the archive; without them nothing is archived. */
  readonly archive?: z.input<typeof archiveConfig>
  readonly privacy?: PrivacyConfig
  readonly auditorPace?: ComposeParts['auditorPace']
}

/** A whole embedded install in this process, without HTTP: real log, real registry, real warehouse, all pipelines. */
export interface Harness {
  readonly log: EmbeddedLog
  readonly registry: Registry
  readonly warehouse: ClickHouseClient
  readonly folder: string
  readonly archive: Archive | undefined
  append(records: readonly NewRecord[]): Promise<void>
  /** Waits until everything appended is dealt with and every record that is due has been judged again. */
  drained(): Promise<void>
  /** Stops one pipeline, as if it were down. What is returned starts it again. */
  hold(name: string): Promise<() => void>
  readonly auditor: Auditor
  readonly privacy: PrivacyRoom
  /** What /metrics shows. */
  metrics(): Promise<string>
  /** Live records, by canonical id. */
  records(): Promise<ReadonlyMap<string, CallRecord>>
  rows<Row extends readonly unknown[]>(query: string): Promise<Row[]>
  stop(): Promise<void>
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'callscope-test-')))
  const clock = options.clock ?? Date.now
  const log = createEmbeddedLog({
    path: join(folder, 'log.sqlite'),
    topics: embeddedTopics,
    clock,
    durability: options.durability ?? 'process',
  })
  const registry = await createRegistry({
    dataDir: options.folder === undefined ? undefined : join(folder, 'registry'),
    clock,
  })
  const tenants = new Set([...(options.tenants ?? []), 'default', ...simulatedTenants.map(({ id }) => id)])
  await registry.tenants.ensureTenants([...tenants].map((id) => ({ id, name: id })))
  const connect: ComposeParts['connect'] = (limits) =>
    connectWarehouse({ location: options.location ?? { path: join(folder, 'warehouse') }, maxThreads: 2, ...limits })
  const warehouse = await connect()
  await migrateWarehouse(warehouse, await listMigrations())
  const archive = openArchive(archiveConfig.parse(options.archive ?? {}), registry.archive)
  const retried: Error[] = []
  const privacy = await openPrivacy({
    ...{ registry, clock },
    config: { privacy: options.privacy ?? privacyConfig.parse({}) },
  })
  const prometheus = createPrometheus({
    ...{ version: 'test', tenants: [...tenants], carriers: [], regions: [], learn: true },
  })
  const composed = await composePipelines({
    ...{ log, registry, connect, tenants: () => tenants },
    ...(archive === undefined ? {} : { archive }),
    ...{ prometheus, privacy: privacy.privacy, forgetting: privacy.forgetting },
    messages: { forget: privacy.messages({ tenants: () => tenants }), until: privacy.erasedUntil },
    windows: { ...defaultWindows, ...options.windows },
    patience: options.patience ?? defaultPatience,
    ...(options.profileOf === undefined ? {} : { profileOf: options.profileOf }),
    ...(options.refreshProfiles === undefined ? {} : { refreshProfiles: options.refreshProfiles }),
    limits: { lingerMs: 5, waitMs: 20, watermarkEveryMs: 20, ...options.limits },
    pace: { runningDelayMs: 0, dueEveryMs: 50, cycleMs: 0, ...options.pace },
    logNow: clock,
    ...(options.auditorPace === undefined ? {} : { auditorPace: options.auditorPace }),
    onRetry: (_what, cause) => retried.push(cause),
  })
  const stopping = new AbortController()
  let failure: unknown
  const running = new Map<string, { readonly holding: AbortController; readonly ended: Promise<void> }>()
  const start = (pipeline: Pipeline) => {
    const holding = new AbortController()
    const ended = pipeline.run(AbortSignal.any([stopping.signal, holding.signal])).catch((error: unknown) => {
      failure ??= error
    })
    running.set(pipeline.name, { holding, ended })
  }
  composed.pipelines.forEach(start)
  const due = createDueReader(warehouse)
  /** Records that change by themselves at the watermark, or would at the one that the log's time is about to give. */
  const isDueLeft = async () => {
    const watermarks = watermarksOf(await registry.watermarks.read())
    if ((watermarks.get('*') ?? 0) < clock() - watermarkLagMs - watermarkAgeMs) return true
    return (await due.due(allShards, watermarks, 1)).length > 0
  }

  return {
    log,
    registry,
    warehouse,
    auditor: composed.auditor,
    archive,
    privacy,
    metrics: async () => (await prometheus.expose('text')).body,
    folder,
    append: (records) => log.append(records),
    async drained() {
      for (let quiet = 0; quiet < 4; ) {
        if (failure !== undefined) throw failure
        // A test that has timed out may still be waiting here, and without a pause to wait in nobody else would get a turn.
        if (stopping.signal.aborted) throw new Error('stopped while there was still something to do')
        if (retried.length > 20) throw retried[0]
        const behind = groups.some((group) => log.lag(group).some(({ lag }) => lag > 0))
        const busy = behind || composed.pipelines.some((pipeline) => !pipeline.idle())
        quiet = busy || (await isDueLeft()) ? 0 : quiet + 1
        await pause(40, stopping.signal)
      }
    },
    async hold(name) {
      running.get(name)?.holding.abort()
      await running.get(name)?.ended
      return () => composed.pipelines.filter((pipeline) => pipeline.name === name).forEach(start)
    },
    async records() {
      const rows = await rowsOf<[string]>(warehouse, 'SELECT record FROM calls FINAL WHERE is_deleted = 0')
      const records = rows.map(([record]) => JSON.parse(record) as CallRecord)
      return new Map(records.map((record) => [record.id, record]))
    },
    rows: (query) => rowsOf(warehouse, query),
    async stop() {
      stopping.abort()
      await Promise.all([...running.values()].map(({ ended }) => ended))
      await composed.close()
      await warehouse.close()
      await registry.close()
      await log.close()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
      if (failure !== undefined) throw failure
    },
  }
}
