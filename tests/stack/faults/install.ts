import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from 'kafkajs'
import { groupTopics, isForRecords, type PipelineName, pipelineNames } from '#app/compose/compose-parts.ts'
import { composePipelines } from '#app/compose-pipelines.ts'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { createKafkaLog, type KafkaLog } from '#collectors/kafka/kafka-log.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import { openPgDatabase } from '#registry/pg-database.ts'
import { registryOn } from '#registry/registry.ts'
import { simulatedTenants } from '#simulator/index.ts'
import { createPrometheus } from '#sinks/prometheus/prometheus.ts'
import type { Looked } from '#tests/faults/verify.ts'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { ownDatabase } from '../names.ts'
import { type ClickhouseFront, startClickhouseFront } from '../servers/clickhouse-front.ts'
import { startKafka } from '../servers/kafka.ts'
import { startLoki } from '../servers/loki.ts'
import { type PostgresServer, startPostgres } from '../servers/postgres.ts'
import type { StackServer } from '../servers/server.ts'
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts'
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.ts'
import { startWorkerProcess, type WorkerOptions, type WorkerProcess } from './worker-process.ts'

export interface InstallOptions {
  readonly folder: string
  /** Partitions by topic, where they are not the usual. */
  readonly partitions?: Readonly<Record<string, number>>
  /** Further settings, as lines of the configuration file. */
  readonly settings?: readonly string[]
  /** Lines go to a Loki and spans to a receiver of OTLP, both its own, instead of the warehouse. */
  readonly telemetryStores?: boolean
  /** Folder of the warehouse, where it is not the install's. */
  readonly warehouse?: string
}

/** A Loki, the proxy through which workers reach it, and what stands for Tempo. */
export interface TelemetryStores {
  readonly loki: StackServer
  readonly proxy: FaultyProxy
  readonly otlp: OtlpReceiver
}

/** Servers of their own, the tables and topics on them, and a configuration file for workers. */
export interface StackInstall extends Looked {
  readonly kafka: StackServer
  readonly postgres: PostgresServer
  readonly databaseUrl: string
  readonly front: () => ClickhouseFront
  readonly log: KafkaLog
  readonly config: string
  readonly telemetry: TelemetryStores | undefined
  startWorker(options?: Omit<WorkerOptions, 'config'>): WorkerProcess
  /** The front again on its folder and port, after it was killed. */
  restartFront(): Promise<void>
  close(): Promise<void>
}

const users = { default: '' }

export async function openStackInstall(options: InstallOptions): Promise<StackInstall> {
  const { folder } = options
  const own = async (name: string): Promise<string> => {
    await mkdir(join(folder, name), { recursive: true })
    return join(folder, name)
  }
  const [kafka, postgres] = await Promise.all([
    startKafka({ folder: await own('kafka') }),
    startPostgres({ folder: await own('postgres') }),
  ])
  const warehouse = options.warehouse ?? (await own('warehouse'))
  let front = await startClickhouseFront({ folder: warehouse, users })
  const database = await ownDatabase(postgres.address)
  await makeTopics(kafka.address, options.partitions ?? {})
  const client = await connectWarehouse({ location: { url: front.url } })
  await migrateWarehouse(client, await listMigrations())
  const telemetry = options.telemetryStores === true ? await openTelemetryStores(await own('loki')) : undefined
  const settings = [...(options.settings ?? []), ...telemetrySettings(telemetry)]
  const config = join(folder, 'callscope.yaml')
  await writeFile(config, configText({ kafka: kafka.address, front: front.url, database: database.url, settings }))
  const log = createKafkaLog({
    config: kafkaConfig.parse({ brokers: [kafka.address] }),
    clock: Date.now,
    observer: { trouble: () => undefined, client: () => undefined },
  })
  const registry = await registryOn(await openPgDatabase({ url: database.url, tls: 'off', connections: 2 }), Date.now)
  await registry.tenants.ensureTenants(simulatedTenants)
  const { auditor, close: closeComposed } = await composePipelines({
    ...{ pipelines: [], log, registry, tenants: () => new Set<string>(), windows: defaultWindows },
    ...{ patience: defaultPatience, logNow: Date.now, onRetry: () => undefined },
    connect: () => connectWarehouse({ location: { url: front.url } }),
    prometheus: createPrometheus({ version: 'test', tenants: [], carriers: [], regions: [], learn: true }),
  })
  const workers = new Set<WorkerProcess>()
  return {
    ...{ kafka, postgres, databaseUrl: database.url, front: () => front, log, config, auditor, telemetry },
    startWorker(more = {}) {
      const worker = startWorkerProcess({ config, ...more })
      workers.add(worker)
      return worker
    },
    async restartFront() {
      front = await startClickhouseFront({ folder: warehouse, users, port: front.port })
    },
    rows: (query) => rowsOf(client, query),
    async records() {
      const rows = await rowsOf<[string]>(client, 'SELECT record FROM calls FINAL WHERE is_deleted = 0')
      const records = rows.map(([record]) => JSON.parse(record) as CallRecord)
      return new Map(records.map((record) => [record.id, record]))
    },
    drained: () => drained(log, [...workers]),
    async close() {
      await Promise.all([...workers].filter((worker) => worker.isAlive()).map((worker) => worker.kill()))
      await closeComposed()
      await client.close()
      await registry.close()
      await log.close()
      await front.stop()
      await database.drop().catch(() => undefined)
      await Promise.all([kafka.stop(), postgres.stop(), telemetry?.loki.stop()])
      await telemetry?.proxy.close()
      await telemetry?.otlp.close()
    },
  }
}

async function openTelemetryStores(folder: string): Promise<TelemetryStores> {
  const loki = await startLoki({ folder })
  return { loki, proxy: await startFaultyProxy(loki.address), otlp: await startOtlpReceiver() }
}

const telemetrySettings = (stores: TelemetryStores | undefined): readonly string[] =>
  stores === undefined ? [] : [`loki: {url: "${stores.proxy.url}"}`, `tempo: {url: "${stores.otlp.url}"}`]

const drainWithinMs = 1_800_000

/** Waits until every group has dealt with all there is, several looks in a row. */
async function drained(log: KafkaLog, workers: readonly WorkerProcess[]): Promise<void> {
  const until = performance.now() + drainWithinMs
  for (let quiet = 0; quiet < 3; ) {
    if (!workers.some((worker) => worker.isAlive())) throw new Error('no worker is left to deal with anything')
    if (performance.now() > until) throw new Error('what was sent was not dealt with in half an hour')
    quiet = (await lagOf(log)) === 0 ? quiet + 1 : 0
    await sleep(300)
  }
}

/** Messages that these groups (all, unless said) have not dealt with; infinite while the log cannot be asked. */
export async function lagOf(
  log: KafkaLog,
  groups: readonly PipelineName[] = pipelineNames.filter(isForRecords),
): Promise<number> {
  try {
    const lags = await Promise.all(groups.map((group) => log.lag(group, groupTopics[group])))
    return lags.flat().reduce((sum, { messages }) => sum + messages, 0)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

async function makeTopics(broker: string, partitions: Readonly<Record<string, number>>): Promise<void> {
  const admin = new Kafka({ brokers: [broker], logLevel: 1 }).admin()
  await admin.connect()
  await admin.createTopics({
    waitForLeaders: true,
    topics: embeddedTopics.map(({ name, partitions: usual }) => ({
      ...{ topic: name, numPartitions: partitions[name] ?? usual, replicationFactor: 1 },
      configEntries: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'max.message.bytes', value: String(6 * 1_048_576) },
      ],
    })),
  })
  await admin.disconnect()
}

interface Places {
  readonly kafka: string
  readonly front: string
  readonly database: string
  readonly settings: readonly string[]
}

const configText = ({ kafka, front, database, settings }: Places): string =>
  [
    `kafka: {brokers: ["${kafka}"], sessionTimeoutSeconds: 6}`,
    `clickhouse: {url: "${front}"}`,
    `postgres: {url: "${database}"}`,
    `tenants: [${simulatedTenants.map(({ id }) => `{id: ${id}}`).join(', ')}]`,
    'logLevel: warn',
    'summaries: {silenceSeconds: 900}',
    ...settings,
    '',
  ].join('\n')
