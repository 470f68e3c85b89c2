import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { composePipelines } from '#app/compose-pipelines.ts'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import type { Registry } from '#contracts/registry.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import type { Auditor } from '#pipelines/auditor.ts'
import { pause } from '#pipelines/pause.ts'
import type { Pipeline } from '#pipelines/pipeline.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import { createRegistry } from '#registry/registry.ts'
import { createPrometheus } from '#sinks/prometheus/prometheus.ts'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'

export interface InstallOptions {
  readonly folder: string
  readonly tenants: readonly string[]
  /** Lays something around the clients and the log that summaries write through. */
  readonly wrap?: {
    readonly client: (client: ClickHouseClient) => ClickHouseClient
    readonly log: (log: EventLog) => EventLog
  }
}

/** A member of the groups, with pipelines of its own. */
export interface Member {
  /** Leaves its groups when what is in hand is done. */
  leave(): Promise<void>
  readonly pipelines: readonly Pipeline[]
}

/** One log, registry and warehouse, on which any number of members work. */
export interface Install {
  readonly log: EmbeddedLog
  readonly registry: Registry
  readonly auditor: Auditor
  /** Another owner of shards joins: with all pipelines, or with those named. */
  join(...names: readonly string[]): Promise<Member>
  /** Waits until all is dealt with and every record is settled: what tests send happened hours ago. */
  settled(): Promise<void>
  records(tenant: string): Promise<readonly CallRecord[]>
  rows<Row extends readonly unknown[]>(query: string): Promise<Row[]>
  close(): Promise<void>
}

export async function openInstall({ folder, tenants, wrap }: InstallOptions): Promise<Install> {
  const log = createEmbeddedLog({
    path: join(folder, 'log.sqlite'),
    ...{ topics: embeddedTopics, clock: Date.now, durability: 'process' },
  })
  const registry = await createRegistry({ dataDir: join(folder, 'registry'), clock: Date.now })
  await registry.tenants.ensureTenants(tenants.map((id) => ({ id, name: id })))
  const known = new Set(tenants)
  const connect = () => connectWarehouse({ location: { path: join(folder, 'warehouse') }, maxThreads: 1 })
  const client = await connect()
  await migrateWarehouse(client, await listMigrations())
  const failures: unknown[] = []
  const members = new Set<Member>()
  const opened: { close(): Promise<void> }[] = []

  const compose = async () => {
    const composed = await composePipelines({
      ...{ registry, tenants: () => known, windows: defaultWindows, patience: defaultPatience, logNow: Date.now },
      log: wrap?.log(log) ?? log,
      connect: async () => (wrap === undefined ? connect() : wrap.client(await connect())),
      prometheus: createPrometheus({ version: 'test', tenants, carriers: [], regions: [], learn: true }),
      limits: { lingerMs: 5, waitMs: 50, watermarkEveryMs: 100 },
      pace: { runningDelayMs: 0, dueEveryMs: 300, cycleMs: 0 },
      onRetry: (what, cause) => failures.push(new Error(what, { cause })),
    })
    opened.push(composed)
    return composed
  }

  async function addMember(...names: readonly string[]): Promise<Member> {
    const { pipelines } = await compose()
    const own = names.length === 0 ? pipelines : pipelines.filter(({ name }) => names.includes(name))
    const leaving = new AbortController()
    const running = own.map((pipeline) => pipeline.run(leaving.signal).catch((error: unknown) => failures.push(error)))
    const member: Member = {
      pipelines: own,
      async leave() {
        members.delete(member)
        leaving.abort()
        await Promise.all(running)
      },
    }
    members.add(member)
    return member
  }

  const isBusy = () =>
    log.groups().some((group) => log.lag(group).some(({ lag }) => lag > 0)) ||
    [...members].some(({ pipelines }) => pipelines.some((pipeline) => !pipeline.idle()))

  const { auditor } = await compose()
  return {
    log,
    registry,
    auditor,
    join: addMember,
    async settled() {
      for (let quiet = 0; quiet < 4; ) {
        if (failures.length > 0) throw failures[0]
        const open = isBusy() ? [] : await rowsOf(client, `SELECT 1 FROM calls FINAL WHERE state != 'settled' LIMIT 1`)
        quiet = isBusy() || open.length > 0 ? 0 : quiet + 1
        await pause(25, AbortSignal.timeout(1_000))
      }
    },
    async records(tenant) {
      const rows = await rowsOf<[string]>(
        client,
        `SELECT record FROM calls FINAL WHERE is_deleted = 0 AND tenant = '${tenant}' ORDER BY id`,
      )
      return rows.map(([record]) => JSON.parse(record) as CallRecord)
    },
    rows: (query) => rowsOf(client, query),
    async close() {
      await Promise.all([...members].map((member) => member.leave()))
      for (const one of opened) await one.close()
      await client.close()
      await registry.close()
      await log.close()
    },
  }
}
