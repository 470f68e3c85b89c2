import type { FastifyInstance } from 'fastify'
import type { Anonymous } from '#collectors/http/credentials.ts'
import { isLoopback } from '#collectors/http/guards.ts'
import type { Desk, HttpParts, HttpSettings } from '#collectors/http/ports.ts'
import { createHttpServer } from '#collectors/http/server.ts'
import type { Clock } from '#contracts/clock.ts'
import type { Pages } from '#contracts/pages.ts'
import { loadPages } from '#explorer/pages.ts'
import { edgeDeadLetter } from '#sinks/dead-letter/build.ts'
import { openAuditTrail } from './audit/open-audit-trail.ts'
import type { Config } from './config.ts'
import type { Engine } from './engine.ts'
import { CommandError } from './exit-codes.ts'
import { connectionsWithin, fileDescriptors } from './file-descriptors.ts'
import { createKeyUses, type KeyUses } from './key-uses.ts'
import { listen } from './listen.ts'
import type { Logger } from './logger.ts'
import { readinessOf } from './readiness.ts'
import { traceRequests } from './telemetry/request-spans.ts'
import type { Tracing } from './telemetry/tracing.ts'
import { version } from './version.ts'
import { windowsOf } from './windows.ts'

export interface ServeParts {
  readonly config: Config
  readonly engine: Engine
  readonly desk: Desk
  readonly administratorToken: string
  readonly clock: Clock
  readonly logger: Logger
  /** Whoever looks at traces sees requests, too. */
  readonly tracing?: Pick<Tracing, 'request'>
  /** Tenants whose calls are made up: everybody on this machine may read them. Undefined: this is no demo. */
  readonly demo?: readonly string[] | undefined
}

/** The HTTP edge on the engine, listening. */
export async function serve(
  parts: ServeParts,
): Promise<{ readonly app: FastifyInstance; readonly url: string; readonly port: number }> {
  const { config } = parts
  await refuseUnguarded(parts)
  if (config.trustLoopback)
    parts.logger.warn(
      'trustLoopback: requests from this machine need no credential; where a proxy runs on it, those are requests from anywhere',
    )
  const uses = createKeyUses({ ...parts, keyEnds: parts.engine.registry.keyEnds })
  const trail = openAuditTrail({ ...parts, ...parts.engine })
  const app = createHttpServer({ ...httpParts(parts, await loadPages()), keys: keysOf(parts, uses), trail })
  app.addHook('onClose', async () => {
    await Promise.all([uses.close(), trail.close()])
  })
  traceRequests(app, parts.tracing?.request)
  const port = await listen(app, config)
  sayWhatIsKeptOpen(parts)
  return { app, port, url: `http://${urlHost(config.host)}:${port}` }
}

/** A setting that cannot be kept is no secret. */
function sayWhatIsKeptOpen({ config: { connections }, logger }: ServeParts): void {
  const descriptors = fileDescriptors()
  const max = connectionsWithin(connections.max, descriptors)
  if (max < connections.max)
    logger.warn(
      { max, wanted: connections.max, descriptors },
      'fewer connections than connections.max are kept open, because the stores need file descriptors: raise the limit of open files (ulimit -n)',
    )
}

/** Beyond loopback there must be somebody who can be told apart. */
async function refuseUnguarded({ config, engine }: ServeParts): Promise<void> {
  if (isLoopback(config.host) || config.allowRemoteWithoutKeys) return
  if ((await engine.registry.keyEnds.hashes(1)).length > 0) return
  throw new CommandError(
    'usage',
    `host ${config.host} can be reached by others, and there is no API key that opens anything: make one with "callscope keys create --tenant ${config.defaultTenant}", or set allowRemoteWithoutKeys`,
  )
}

/** What a client on this machine would type. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

const keysOf = ({ engine }: ServeParts, uses: KeyUses): HttpParts['keys'] => ({
  hashes: engine.registry.keyEnds.hashes,
  used: uses.used,
})

function httpParts(parts: ServeParts, pages: Pages): Omit<HttpParts, 'keys' | 'trail'> {
  const { config, engine, desk, administratorToken, clock, logger, demo } = parts
  const { log, registry, metrics, charts, changes, completeUntil, shares } = engine
  return {
    settings: settingsOf(config, demo),
    ...{ charts, changes, completeUntil, pages },
    ...{ log, desk, administratorToken, clock, logger, tenants: registry.tenants },
    park: (messages) => log.append(messages.map(edgeDeadLetter)),
    count: (edge, outcome, messages) => metrics.pipelines.edge(edge, outcome, messages),
    metrics: metrics.expose,
    metricsToken: config.metrics.token,
    readiness: () => readinessOf(engine),
    clockAheadMs: engine.present.aheadMs,
    shares: shares && { refuses: shares.refuses, refused: metrics.pipelines.tenantRefused },
    connections: { refused: metrics.access.connectionRefused, watch: metrics.access.watchConnections },
  }
}

function connectionSettings(connections: Config['connections']) {
  const max = connectionsWithin(connections.max, fileDescriptors())
  return {
    connections: { max, perAddress: connections.perAddress },
    headersTimeoutMs: connections.headersSeconds * 1_000,
    live: { max: Math.min(connections.liveMax, Math.floor(max / 2)), perTenant: connections.livePerTenant },
  }
}

const mebibyte = 1_048_576

/** What needs no credential: by the setting, what the operator trusts this machine with; else calls that nobody made. */
function anonymousOf(
  { trustLoopback, loopbackReads, defaultTenant }: Pick<Config, 'trustLoopback' | 'loopbackReads' | 'defaultTenant'>,
  demo: ServeParts['demo'],
): Anonymous | undefined {
  if (trustLoopback) return { reads: loopbackReads === 'all' ? undefined : defaultTenant, sends: true }
  return demo === undefined ? undefined : { reads: demo, sends: false }
}

const settingsOf = ({ api, bodies, connections, ...config }: Config, demo: ServeParts['demo']): HttpSettings => ({
  ...{
    host: config.host,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    defaultTenant: config.defaultTenant,
    defaultTenantStated: config.defaultTenantStated,
    anonymous: anonymousOf(config, demo),
    demo: demo !== undefined,
  },
  windows: windowsOf(config),
  ...{
    pageDefault: Math.min(api.pageDefault, api.pageMax),
    pageMax: api.pageMax,
    requestTimeoutMs: api.requestTimeoutSeconds * 1_000,
  },
  ...connectionSettings(connections),
  ...{
    eventsBytes: bodies.eventsMiB * mebibyte,
    otlpBytes: bodies.otlpMiB * mebibyte,
    uploadBytes: bodies.uploadMiB * mebibyte,
  },
  version,
})
