import type { Command } from 'commander'
import { simulatedTenants } from '#simulator/world.ts'
import { isPortFree, portInUse } from '../checks.ts'
import type { Config } from '../config.ts'
import { busyMessage, claimDataFolder } from '../data-folder.ts'
import { CommandError } from '../exit-codes.ts'
import { type Running, startServices } from '../services.ts'
import { openOwnTelemetry } from '../telemetry/own-telemetry.ts'
import { coloursFor } from '../text/colours.ts'
import { duration } from '../text/format.ts'
import { untilStopped } from '../until-stopped.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, numberOption } from './command.ts'

interface UpOptions extends CommonOptions {
  readonly demo?: boolean
  readonly host?: string
  readonly port?: number
}

export function upCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'up',
    summary: 'run everything in this process',
    description: 'Runs log, pipelines, stores and the HTTP API in one process, on one folder.',
    examples: ['up --demo', 'up --data-dir /var/lib/callscope --port 8080', 'up --config callscope.yaml'],
  })
    .option('--demo', 'feed seeded demo traffic: about 200 concurrent calls of three tenants')
    .option('--host <address>', 'address to listen on (setting host)')
    .option('--port <port>', 'port to listen on (setting port)', numberOption(0, 65_535, { integer: true }))
    .action((options: UpOptions) => up(parts, options))
}

async function up(parts: CommandParts, options: UpOptions): Promise<void> {
  const stated = configFor(parts, options, { host: options.host, port: options.port })
  const config = withDemoTenants(stated, options.demo === true)
  const began = performance.now()
  const claim = claimDataFolder(config.dataDir, 'up')
  if (claim.type === 'busy') throw new CommandError('busy', busyMessage(config.dataDir, claim))
  const telemetry = await openOwnTelemetry(config)
  const { logger } = telemetry
  let running: Running | undefined
  try {
    // Before the stores: opening them takes seconds, and a port in use is the commonest slip.
    if (!(await isPortFree(config.host, config.port)))
      throw new CommandError('busy', portInUse(config.host, config.port))
    if (!options.json) parts.io.err('callscope is starting …\n')
    running = await startServices({
      config,
      folder: claim.folder,
      clock: parts.io.now,
      logger,
      telemetry,
      demo: options.demo === true ? madeUpTenants(stated) : undefined,
    })
    await announce(parts, options, { config, running, tookMs: performance.now() - began })
    await untilStopped(running.failed)
  } finally {
    await running?.stop()
    await telemetry.tracing.close()
    claim.folder.release()
  }
}

const withDemoTenants = (config: Config, demo: boolean): Config =>
  demo
    ? {
        ...config,
        tenants: [
          ...config.tenants,
          ...simulatedTenants.filter(({ id }) => !config.tenants.some((known) => known.id === id)),
        ],
      }
    : config

/** Tenants that hold nothing but the demo's traffic: those that the operator has named may hold calls of people, too. */
const madeUpTenants = ({ tenants, defaultTenant, topicTenants }: Config): readonly string[] => {
  const stated = new Set([defaultTenant, ...tenants.map(({ id }) => id), ...Object.values(topicTenants)])
  return simulatedTenants.map(({ id }) => id).filter((id) => !stated.has(id))
}

interface Announced {
  readonly config: Config
  readonly running: Running
  readonly tookMs: number
}

async function announce(
  { io }: CommandParts,
  { json, demo }: UpOptions,
  { config, running, tookMs }: Announced,
): Promise<void> {
  const { url, tokenFile } = running
  const shown = demo === true || config.trustLoopback
  if (json === true)
    return io.out(
      `${JSON.stringify({ url, metrics: `${url}/metrics`, pid: process.pid, dataDir: config.dataDir, tokenFile })}\n`,
    )
  const { bold, dim } = coloursFor(io.outIsTerminal)
  const folder = config.dataDir === './callscope-data' ? '' : ` --data-dir ${config.dataDir}`
  const lines = [
    `Open ${bold(url)}   ${dim(`callscope is up after ${duration(tookMs)}`)}`,
    '',
    `  API       ${url}/api/calls   ${dim(`(${url}/api/openapi.json describes it)`)}`,
    `  Metrics   ${url}/metrics${shown ? '' : dim('   with the token, or that of metrics.token')}`,
    `  Data      ${config.dataDir}   ${dim('administrator.token opens every tenant')}`,
    '',
    'Try in another terminal:',
    `  npx callscope open${folder}   ${dim(shown ? 'the page, with the right to import' : "the page's address with the right to see it: it asks who you are")}`,
    `  npx callscope calls --since 10m${demo === true ? ' --class poor' : ''}${folder}`,
    `  npx callscope call ID${folder}`,
    `  npx callscope sql "SELECT tenant, class, count() FROM calls FINAL GROUP BY ALL ORDER BY ALL"${folder}`,
    ...(demo === true ? [] : [`  npx callscope import DUMP.jsonl${folder}`]),
    `  curl -H "Authorization: Bearer $(cat ${tokenFile})" "${url}/api/calls?limit=5"`,
    '',
    dim('Ctrl-C stops it.'),
  ]
  await io.out(`${lines.join('\n')}\n`)
}
