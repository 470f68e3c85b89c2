import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from 'kafkajs'
import { groupTopics, isForRecords, type PipelineName, pipelineNames } from '#app/compose/compose-parts.ts'
import type { KafkaLog } from '#collectors/kafka/kafka-log.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { simulatedTenants } from '#simulator/index.ts'
import type { Looked } from '#tests/faults/verify.ts'
import { connectWarehouse } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { lookAt } from '../looked.ts'
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
  await client.close()
  const telemetry = options.telemetryStores === true ? await openTelemetryStores(await own('loki')) : undefined
  const settings = [...(options.settings ?? []), ...telemetrySettings(telemetry)]
  const config = join(folder, 'callscope.yaml')
  await writeFile(config, configText({ kafka: kafka.address, front: front.url, database: database.url, settings }))
  const sight = await lookAt({ kafka: kafka.address, databaseUrl: database.url, warehouse: { url: front.url } })
  const { log } = sight
  await sight.registry.tenants.ensureTenants(simulatedTenants)
  const workers = new Set<WorkerProcess>()
  return {
    ...{ kafka, postgres, databaseUrl: database.url, front: () => front, log, config, telemetry },
    ...{ auditor: sight.auditor, rows: sight.rows, records: sight.records },
    startWorker(more = {}) {
      const worker = startWorkerProcess({ config, ...more })
      workers.add(worker)
      return worker
    },
    async restartFront() {
      front = await startClickhouseFront({ folder: warehouse, users, port: front.port })
    },
    drained: () => drained(log, [...workers]),
    async close() {
      await Promise.all([...workers].filter((worker) => worker.isAlive()).map((worker) => worker.kill()))
      await sight.close()
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
export async function drained(log: KafkaLog, workers: readonly WorkerProcess[]): Promise<void> {
  const until = performance.now() + drainWithinMs
  for (let quiet = 0; quiet < 3; ) {
    if (!workers.some((worker) => worker.isAlive())) throw new Error('no worker is left to deal with anything')
    if (performance.now() > until) throw new Error('what was sent was not dealt with in half an hour')
    quiet = (await lagOf(log)) === 0 ? quiet + 1 : 0
    await sleep(300)
  }
}

/** Where nothing is archived, the group that would never reads. */
const ofRecords = pipelineNames.filter(isForRecords)

/** Messages that these groups (all, unless said) have not dealt with; infinite while the log cannot be asked. */
export async function lagOf(log: KafkaLog, groups: readonly PipelineName[] = ofRecords): Promise<number> {
  try {
    const lags = await Promise.all(groups.map((group) => log.lag(group, groupTopics[group])))
    return lags.flat().reduce((sum, { messages }) => sum + messages, 0)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** The topics of an install on a broker, with so many partitions as given or as usual. */
export async function makeTopics(broker: string, partitions: Readonly<Record<string, number>>): Promise<void> {
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
