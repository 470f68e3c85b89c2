import { type Command, InvalidArgumentError, Option } from 'commander'
import { type PipelineName, pipelineNames } from '../compose/compose-parts.ts'
import { CommandError } from '../exit-codes.ts'
import { nearestName } from '../nearest-name.ts'
import { requireShared } from '../stores/where.ts'
import { openOwnTelemetry } from '../telemetry/own-telemetry.ts'
import { untilStopped } from '../until-stopped.ts'
import { startWorker } from '../worker.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, numberOption } from './command.ts'

interface WorkerOptions extends CommonOptions {
  readonly pipelines: readonly PipelineName[]
  readonly host?: string
  readonly port?: number
}

export function workerCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'worker',
    summary: 'run pipelines on shared stores; any number of workers share the work',
    description:
      'Runs pipelines on a Kafka cluster, a ClickHouse server and a PostgreSQL server, and tells on its port how they do (/health/live, /health/ready, /metrics). Stores that do not answer yet are waited for.',
    examples: [
      'worker --config callscope.yaml',
      'worker --pipelines calls,summaries --port 4651',
      'worker --pipelines logs,traces',
    ],
  })
    .addOption(
      new Option('--pipelines <names>', `some of ${pipelineNames.join(', ')}`)
        .argParser(readNames)
        .default(pipelineNames, 'all of them'),
    )
    .option('--host <address>', 'address of the status port (setting host)')
    .option('--port <port>', 'the status port (setting port)', numberOption(0, 65_535, { integer: true }))
    .action((options: WorkerOptions) => work(parts, options))
}

function readNames(text: string): readonly PipelineName[] {
  return text.split(',').map((part) => {
    const name = part.trim()
    const known = pipelineNames.find((each) => each === name)
    if (known !== undefined) return known
    const near = nearestName(name, [...pipelineNames])
    throw new InvalidArgumentError(
      `"${name}" is no pipeline${near === undefined ? '' : `: did you mean ${near}?`} They are ${pipelineNames.join(', ')}.`,
    )
  })
}

async function work(parts: CommandParts, options: WorkerOptions): Promise<void> {
  const config = configFor(parts, options, { host: options.host, port: options.port })
  requireShared(config, 'worker')
  const telemetry = await openOwnTelemetry(config)
  const { logger } = telemetry
  const { pipelines } = options
  if (config.archive.url === undefined && pipelines.every((name) => name === 'archive'))
    throw new CommandError('usage', 'archive.url: not set, so there is nothing for the pipeline "archive" to do')
  const worker = await startWorker({ config, folder: undefined, clock: parts.io.now, logger, telemetry, pipelines })
  try {
    const url = `http://${config.host}:${worker.port}`
    if (options.json === true) await parts.io.out(`${JSON.stringify({ url, pid: process.pid, pipelines })}\n`)
    logger.info({ url, pipelines }, 'worker is starting')
    void worker.started.then(
      (runs) => runs && logger.info('worker is running'),
      () => undefined,
    )
    await untilStopped(worker.failed)
  } finally {
    await worker.stop()
    await telemetry.tracing.close()
  }
}
