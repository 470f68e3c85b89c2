import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startAlertmanager } from './alertmanager.ts'
import { startClickhouse } from './clickhouse.ts'
import { type CollectorServer, startCollector } from './collector.ts'
import { startFakeS3 } from './fake-s3.ts'
import { temporaryFolder } from './guard.ts'
import { startKafka } from './kafka.ts'
import { startLoki } from './loki.ts'
import { startPostgres } from './postgres.ts'
import { type PrometheusServer, startPrometheus } from './prometheus.ts'
import type { StackServer, StartOptions } from './server.ts'

/** Where the servers of a run are. Kafka as host:port, the others as URLs. */
export interface StackAddresses {
  readonly kafka: string
  /** HTTP interface, of a user that may make databases; the engine behind a front where it is started here. */
  readonly clickhouse: string
  /** Of a superuser: each test makes a database of its own. */
  readonly postgres: string
  readonly loki: string
  readonly prometheus: string
  readonly alertmanager: string
  /** Takes OTLP over HTTP: a Collector, or Tempo. */
  readonly otlp: string
  /** Any key opens the one that is started here; of another the URL holds key and secret. */
  readonly s3: string
  /** Folder in which a test names what Prometheus scrapes (callscope*.yaml), where that was started here. */
  readonly prometheusTargets?: string
  /** Folder in which a test names Alertmanagers for it. */
  readonly prometheusAlertmanagers?: string
  /** What came in by OTLP, an export in JSON on each line, where the Collector was started here. */
  readonly otlpFile?: string
}

type ServerName = Exclude<keyof StackAddresses, 'prometheusTargets' | 'prometheusAlertmanagers' | 'otlpFile'>

interface Part {
  readonly name: ServerName
  /** Names a server that is there already: it is used, and none is started. Tests see it set in any case. */
  readonly variable: string
  readonly start: (options: StartOptions) => Promise<StackServer>
  /** What else tests may need of one that was started here. */
  readonly extras?: (server: StackServer) => Partial<StackAddresses>
}

/** The servers of `npm run test:stack`. One more is a line here. */
export const stackParts: readonly Part[] = [
  { name: 'kafka', variable: 'CALLSCOPE_TEST_KAFKA', start: startKafka },
  { name: 'clickhouse', variable: 'CALLSCOPE_TEST_CLICKHOUSE', start: startClickhouse },
  { name: 'postgres', variable: 'CALLSCOPE_TEST_POSTGRES', start: startPostgres },
  { name: 'loki', variable: 'CALLSCOPE_TEST_LOKI', start: startLoki },
  {
    ...{ name: 'prometheus', variable: 'CALLSCOPE_TEST_PROMETHEUS', start: startPrometheus },
    extras: (server) => {
      const { targets, alertmanagers } = server as PrometheusServer
      return { prometheusTargets: targets, prometheusAlertmanagers: alertmanagers }
    },
  },
  { name: 'alertmanager', variable: 'CALLSCOPE_TEST_ALERTMANAGER', start: startAlertmanager },
  {
    ...{ name: 'otlp', variable: 'CALLSCOPE_TEST_OTLP', start: startCollector },
    extras: (server) => ({ otlpFile: (server as CollectorServer).file }),
  },
  { name: 's3', variable: 'CALLSCOPE_TEST_S3', start: startFakeS3 },
]

export interface Stack {
  readonly addresses: StackAddresses
  /** Those that were started here. */
  readonly servers: readonly StackServer[]
  stop(): Promise<void>
}

/** Starts all at once what the environment does not name. If one fails, none is left running. */
export async function startStack(environment: Readonly<Record<string, string | undefined>>): Promise<Stack> {
  const folder = await temporaryFolder('callscope-stack-')
  const given = stackParts.filter(({ variable }) => environment[variable] !== undefined)
  const missing = stackParts.filter((part) => !given.includes(part))
  const started = await Promise.allSettled(
    missing.map(async (part) => {
      const own = join(folder, part.name)
      await mkdir(own)
      return { part, server: await part.start({ folder: own }) }
    }),
  )
  const running = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async (): Promise<void> => void (await Promise.all(running.map(({ server }) => server.stop())))
  const failures = started.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
  if (failures.length > 0) {
    await stop()
    throw new Error(failures.join('\n\n'))
  }
  const addresses = Object.fromEntries([
    ...given.map(({ name, variable }) => [name, environment[variable]]),
    ...running.map(({ part, server }) => [part.name, server.address]),
    ...running.flatMap(({ part, server }) => Object.entries(part.extras?.(server) ?? {})),
  ]) as unknown as StackAddresses
  return { addresses, servers: running.map(({ server }) => server), stop }
}
