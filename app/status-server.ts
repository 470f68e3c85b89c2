import Fastify from 'fastify'
import { boundConnections } from '#collectors/http/connections.ts'
import type { Readiness } from '#collectors/http/ports.ts'
import { formatOf } from '#sinks/prometheus/exposition.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'

/** Supervisors and Prometheus: few, and never many at once. */
const limits = { max: 64, perAddress: 16 }

export interface StatusParts {
  readonly config: Pick<Config, 'host' | 'port'>
  readonly readiness: () => Promise<Readiness>
  /** Prometheus text, or OpenMetrics with exemplars. Undefined: nothing to tell yet. */
  readonly metrics?: (format: 'text' | 'openmetrics') => Promise<{ contentType: string; body: string }>
}

/**
 * What a supervisor and Prometheus ask of a process that serves nobody else: `/health/live`, `/health/ready` with what is
 * waited for, `/metrics`. Nothing of a tenant is told here, so it asks for no credential.
 */
export async function startStatusServer({ config, readiness, metrics }: StatusParts) {
  const app = Fastify({
    logger: false,
    bodyLimit: 1,
    requestTimeout: 10_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
  })
  boundConnections(app.server, { ...limits, refused: () => undefined, watch: () => undefined })
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const { ready, ...told } = await readiness()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', ...told })
  })
  app.get('/metrics', async (request, reply) => {
    const told = await metrics?.(formatOf(request.headers.accept))
    return reply.header('content-type', told?.contentType ?? 'text/plain; version=0.0.4').send(told?.body ?? '')
  })
  const port = await listen(app, config)
  return { port, close: () => app.close() }
}
