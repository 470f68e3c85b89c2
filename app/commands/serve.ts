import type { Command } from 'commander'
import { requireShared } from '../stores/where.ts'
import { openOwnTelemetry } from '../telemetry/own-telemetry.ts'
import { untilStopped } from '../until-stopped.ts'
import { startWeb } from '../web.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, numberOption } from './command.ts'

interface ServeOptions extends CommonOptions {
  readonly host?: string
  readonly port?: number
}

export function serveCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'serve',
    summary: 'serve the page, its API and the HTTP edges on shared stores',
    description:
      'Serves the page, /api, /v1/events, /v1/logs, /v1/traces and /v1/getstats on a Kafka cluster, a ClickHouse server and a PostgreSQL server. Pipelines run in "callscope worker".',
    examples: ['serve --config callscope.yaml', 'serve --host 0.0.0.0 --port 4650'],
  })
    .option('--host <address>', 'address to listen on (setting host)')
    .option('--port <port>', 'port to listen on (setting port)', numberOption(0, 65_535, { integer: true }))
    .action((options: ServeOptions) => run(parts, options))
}

async function run(parts: CommandParts, options: ServeOptions): Promise<void> {
  const config = configFor(parts, options, { host: options.host, port: options.port })
  requireShared(config, 'serve')
  const telemetry = await openOwnTelemetry(config)
  const { logger } = telemetry
  const web = await startWeb({ config, folder: undefined, clock: parts.io.now, logger, telemetry })
  try {
    void web.started.then(
      async (serving) => {
        if (serving === undefined) return
        await parts.io.out(
          options.json === true
            ? `${JSON.stringify({ url: serving.url, pid: process.pid })}\n`
            : `Open ${serving.url}\n`,
        )
      },
      () => undefined,
    )
    await untilStopped(web.failed)
  } finally {
    await web.stop()
    await telemetry.tracing.close()
  }
}
