import { randomInt } from 'node:crypto'
import type { Command } from 'commander'
import { pause } from '#pipelines/pause.ts'
import { type CanaryFinding, createCanaryMetrics } from '#sinks/prometheus/canary-metrics.ts'
import { statedToken } from '../administrator-token.ts'
import { awaitEngine } from '../await-engine.ts'
import { type CanaryReport, playRound, type RoundParts } from '../canary/round.ts'
import type { Config } from '../config.ts'
import type { Engine } from '../engine.ts'
import { createLogger, type Logger } from '../logger.ts'
import { startStatusServer } from '../status-server.ts'
import { requireShared } from '../stores/where.ts'
import { table } from '../text/table.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, numberOption, print } from './command.ts'

interface CanaryOptions extends CommonOptions {
  readonly once?: boolean
  readonly host?: string
  readonly port?: number
}

export function canaryCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'canary',
    summary: 'send synthetic calls with known truth through the real path, and look for them in every store',
    description:
      'Each round sends a few calls whose outcome is known, waits for them in the warehouse, the log store, the trace store and Prometheus, and tells on /metrics what was missing, there twice, late or wrong (callscope_canary_*). Its tenant is its own.',
    examples: ['canary --config callscope.yaml', 'canary --once', 'canary --once --json'],
  })
    .option('--once', 'one round, and its report; exit code 1 when anything is missing, double or wrong')
    .option('--host <address>', 'address of the status port (setting host)')
    .option('--port <port>', 'the status port (setting port)', numberOption(0, 65_535, { integer: true }))
    .action((options: CanaryOptions) => canary(parts, options))
}

/** Workers learn of a new tenant every ten seconds; what comes before they do is a dead letter. */
const tenantKnownAfterMs = 12_000

async function canary(parts: CommandParts, options: CanaryOptions): Promise<void> {
  const config = configFor(parts, options, { host: options.host, port: options.port })
  requireShared(config, 'canary')
  const logger = createLogger(config.logLevel)
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const awaited = awaitEngine({ config, folder: undefined, clock: parts.io.now, logger }, stopping.signal)
  const metrics = createCanaryMetrics([
    ...(['raw', 'records', 'logs', 'traces'] as const),
    ...(config.canary.prometheusUrl === undefined ? [] : (['metrics'] as const)),
  ])
  const status =
    options.once === true
      ? undefined
      : await startStatusServer({
          ...{ config, readiness: awaited.readiness, metrics: metrics.expose },
          administratorToken: statedToken(config),
        })
  let engine: Engine | undefined
  try {
    engine = await awaited.engine
    if (engine === undefined) return
    await introduce(engine, config, stopping.signal)
    const round = { config: config.canary, ...partsOf(engine, parts) }
    if (options.once === true) await once(parts, options, await playRound(round, stopping.signal))
    else await rounds({ round, metrics, logger, everyMs: config.canary.everySeconds * 1_000 }, stopping.signal)
  } finally {
    await status?.close()
    await engine?.close()
  }
}

const partsOf = ({ log, reader, countFacts }: Engine, { io }: CommandParts): Omit<RoundParts, 'config'> => ({
  ...{ log, reader, count: countFacts, now: io.now, seed: () => randomInt(2 ** 31) },
})

async function introduce({ registry }: Engine, { canary: { tenant } }: Config, signal: AbortSignal): Promise<void> {
  if ((await registry.tenants.tenants()).some(({ id }) => id === tenant)) return
  await registry.tenants.ensureTenants([{ id: tenant, name: 'Synthetic calls' }])
  await pause(tenantKnownAfterMs, signal)
}

interface RoundsParts {
  readonly round: RoundParts
  readonly metrics: ReturnType<typeof createCanaryMetrics>
  readonly logger: Logger
  readonly everyMs: number
}

async function rounds({ round, metrics, logger, everyMs }: RoundsParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedMs = round.now()
    try {
      const { findings, notes } = await playRound(round, signal)
      if (signal.aborted) return
      metrics.round(findings, round.now())
      const unsound = findings.filter((found) => !isSound(found))
      if (unsound.length > 0) logger.error({ unsound, notes }, 'synthetic calls did not arrive as they were sent')
    } catch (error) {
      metrics.failed(round.now())
      logger.error({ cause: error instanceof Error ? error.message : 'unknown' }, 'a canary round could not be sent')
    }
    await pause(Math.max(0, startedMs + everyMs - round.now()), signal)
  }
}

const isSound = ({ missing, duplicate, wrong }: CanaryFinding): boolean => missing + duplicate + wrong === 0

async function once(parts: CommandParts, options: CanaryOptions, { findings, notes }: CanaryReport): Promise<void> {
  if (!findings.every(isSound)) parts.end('failed')
  await print(parts, options, { findings, notes }, (colours) => {
    const rows = table(
      findings,
      [
        { title: 'STORE', cell: ({ store }) => store },
        { title: 'SENT', cell: ({ expected }) => String(expected) },
        {
          title: 'MISSING',
          cell: ({ missing }) => String(missing),
          paint: (text) => (text.trim() === '0' ? text : colours.bad(text)),
        },
        {
          title: 'TWICE',
          cell: ({ duplicate }) => String(duplicate),
          paint: (text) => (text.trim() === '0' ? text : colours.bad(text)),
        },
        {
          title: 'WRONG',
          cell: ({ wrong }) => String(wrong),
          paint: (text) => (text.trim() === '0' ? text : colours.bad(text)),
        },
        {
          title: 'SECONDS',
          cell: ({ seconds, late }) =>
            seconds === undefined ? 'never' : `${seconds.toFixed(1)}${late ? ' late' : ''}`,
        },
      ],
      colours,
    )
    return [rows, ...notes].join('\n')
  })
}
