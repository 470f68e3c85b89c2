import { join } from 'node:path'
import { answersTcp } from './answers.ts'
import { buildGo } from './go-build.ts'
import { freePorts } from './ports.ts'
import { collectorProgram } from './programs.ts'
import { deployFile, type StackServer, type StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

export interface CollectorOptions extends StartOptions {
  /** Broker, as host:port, and topics that it writes to. Without them what comes in goes to the file only. */
  readonly kafka?: {
    readonly broker: string
    readonly logs: string
    readonly traces: string
    /** Password of the user "collector"; without it the broker asks for no login. */
    readonly passwordFile?: string
  }
}

export interface CollectorServer extends StackServer {
  /** All that came in, as OTLP JSON, one export a line. */
  readonly file: string
}

/** An OpenTelemetry Collector with deploy/otel-collector/config.yaml. Its address takes OTLP over HTTP. */
export async function startCollector({ folder, kafka }: CollectorOptions): Promise<CollectorServer> {
  const installed = await buildGo(collectorProgram)
  const [http, grpc] = await freePorts(2)
  const file = join(folder, 'received.jsonl')
  const overlays = [
    'collector-to-file.yaml',
    ...(kafka?.passwordFile === undefined ? ['collector-open-kafka.yaml'] : []),
  ]
  const server = createServerProcess({
    name: 'collector',
    command: join(installed, 'otel-collector'),
    args: [
      ...['--config', `file:${deployFile('otel-collector/config.yaml')}`],
      ...overlays.flatMap((name) => ['--config', `file:${join(import.meta.dirname, name)}`]),
    ],
    env: {
      OTLP_LISTEN_ADDRESS: '127.0.0.1',
      OTLP_HTTP_PORT: String(http),
      OTLP_GRPC_PORT: String(grpc),
      COLLECTOR_FILE: file,
      ...(kafka?.passwordFile === undefined ? {} : { KAFKA_PASSWORD_FILE: kafka.passwordFile }),
      COLLECTOR_EXPORTERS: kafka === undefined ? '[file]' : '[kafka, file]',
      ...(kafka === undefined
        ? {}
        : { KAFKA_BROKERS: kafka.broker, LOGS_TOPIC: kafka.logs, TRACES_TOPIC: kafka.traces }),
    },
    logFile: join(folder, 'collector.log'),
    cwd: folder,
    answers: () => answersTcp(Number(http)),
  })
  await server.start()
  return { ...server, address: `http://127.0.0.1:${http}`, file }
}
