import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { simulatedTenants } from '#simulator/index.ts'
import { drained } from '../faults/install.ts'
import { startWorkerProcess, type WorkerOptions, type WorkerProcess } from '../faults/worker-process.ts'
import { lookAt, type Sight } from '../looked.ts'
import { ownDatabase, ownName } from '../names.ts'
import { temporaryFolder } from '../servers/guard.ts'
import { startKafka } from '../servers/kafka.ts'
import type { StackServer, StartOptions } from '../servers/server.ts'
import type { StackAddresses } from '../servers/stack.ts'
import { callscope, type Ended } from './callscope.ts'

type Settings = Readonly<Record<string, unknown>>

/**
 * An install as an operator has it: a configuration file and commands. Kafka is its own, because topics have fixed names;
 * of the other servers it has a database or a tenant of its own.
 */
export interface FlowInstall {
  readonly folder: string
  readonly kafka: StackServer
  readonly databaseUrl: string
  /** Name of its database in ClickHouse. */
  readonly database: string
  /** Whose lines they are in Loki. */
  readonly org: string
  readonly config: string
  readonly settings: Settings
  /** Another configuration file: these sections in place of its own. */
  configWith(sections: Settings): Promise<string>
  callscope(...args: readonly string[]): Promise<Ended>
  /** The JSON that a command prints; throws unless it ended with 0. */
  ask<Answer>(...args: readonly string[]): Promise<Answer>
  startWorker(options?: Partial<WorkerOptions>): WorkerProcess
  /** What is in its stores; they must have their tables. */
  look(): Promise<Sight>
  drained(): Promise<void>
  close(): Promise<void>
}

/** Topics are few and small here: one broker, and no day of retention to be waited for. */
const kafkaSection = (brokers: readonly string[]) => ({
  ...{ brokers, sessionTimeoutSeconds: 6, replication: 1, partitions: 4 },
})

/** `startBroker`: another broker than one that asks for no login; how to log in is then a section of `more`. */
export async function openFlowInstall(
  stack: StackAddresses,
  more: Settings = {},
  startBroker: (options: StartOptions) => Promise<StackServer> = startKafka,
): Promise<FlowInstall> {
  const folder = await temporaryFolder('callscope-flow-')
  const kafka = await startBroker({ folder })
  const postgres = await ownDatabase(stack.postgres)
  const [database, org] = [ownName('flow'), ownName('flow')]
  const settings: Settings = {
    kafka: kafkaSection([kafka.address]),
    clickhouse: { ...withoutBlanks(clickhouseSection(stack.clickhouse)), database },
    postgres: { url: postgres.url },
    tenants: simulatedTenants.map(({ id }) => ({ id })),
    logLevel: 'warn',
    summaries: { silenceSeconds: 900 },
    dataDir: join(folder, 'web'),
    ...more,
  }
  let files = 0
  const write = async (all: Settings): Promise<string> => {
    const path = join(folder, `callscope-${files++}.yaml`)
    await writeFile(path, stringify(all))
    return path
  }
  const config = await write(settings)
  const workers = new Set<WorkerProcess>()
  const sights: Sight[] = []
  const run: FlowInstall['callscope'] = (...args) =>
    callscope(args.includes('--config') ? args : [...args, '--config', config])
  const look = async (): Promise<Sight> => {
    const { url, username, password } = clickhouseSection(stack.clickhouse)
    const warehouse = { url, username, database, ...(password === '' ? {} : { password }) }
    const sight = await lookAt({ kafka: kafka.address, databaseUrl: postgres.url, warehouse })
    sights.push(sight)
    return sight
  }
  return {
    ...{ folder, kafka, databaseUrl: postgres.url, database, org, config, settings, callscope: run, look },
    configWith: (sections) => write({ ...settings, ...sections }),
    async ask<Answer>(...args: readonly string[]) {
      const { exit, out, err } = await run(...args, '--json')
      if (exit !== 0) throw new Error(`callscope ${args.join(' ')} ended with ${exit}: ${err}${out}`)
      return JSON.parse(out) as Answer
    },
    startWorker(options = {}) {
      const worker = startWorkerProcess({ config, ...options })
      workers.add(worker)
      return worker
    },
    async drained() {
      const { log } = sights[0] ?? (await look())
      await drained(log, [...workers])
    },
    async close() {
      await Promise.all([...workers].filter((worker) => worker.isAlive()).map((worker) => worker.kill()))
      for (const sight of sights) await sight.close()
      await postgres.drop().catch(() => undefined)
      await kafka.stop()
    },
  }
}

/** A user and password of the URL are settings of their own. */
function clickhouseSection(address: string): { url: string; username: string; password: string } {
  const url = new URL(address)
  const [username, password] = [url.username || 'default', decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  return { url: url.href, username, password }
}

const withoutBlanks = (section: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(section).filter(([, text]) => text !== ''))
