import Fastify from 'fastify'
import { boundConnections } from '#collectors/http/connections.ts'
import { type Access, createTokenCheck, type Principal } from '#collectors/http/credentials.ts'
import { Answer, type Endpoint } from '#collectors/http/endpoint.ts'
import { createHealthEndpoints } from '#collectors/http/health-endpoints.ts'
import type { ExposeMetrics, Readiness } from '#collectors/http/ports.ts'
import { Problem, problemBody } from '#collectors/http/problem.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'

/** Supervisors and Prometheus: few, and never many at once. */
const limits = { max: 64, perAddress: 16 }

export interface StatusParts {
  readonly config: Pick<Config, 'host' | 'port' | 'metrics'>
  readonly readiness: () => Promise<Readiness>
  /** Undefined: nothing to tell yet. */
  readonly metrics?: ExposeMetrics
  /** Where this process knows it. */
  readonly administratorToken?: string | undefined
}

/** Every route of this port: those of the HTTP edge that speak of the process. A new one is a line there. */
export const statusEndpoints = ({ readiness, metrics = nothingYet }: StatusParts): readonly Endpoint[] =>
  createHealthEndpoints({ readiness, metrics })

const nothingYet: ExposeMetrics = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: '' })

/**
 * What a supervisor and Prometheus ask of a process that serves no calls: `/health/live`, `/health/ready` with what is waited
 * for, `/metrics`. The figures are of all tenants: they need the operator's token, unless a setting opens this port.
 */
export async function startStatusServer(parts: StatusParts) {
  const { config } = parts
  const app = Fastify({
    logger: false,
    bodyLimit: 1,
    requestTimeout: 10_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
  })
  boundConnections(app.server, { ...limits, refused: () => undefined, watch: () => undefined })
  const authenticate = createOperatorCheck(parts)
  for (const { method, path, access, handle } of statusEndpoints(parts)) {
    app.route({
      method,
      url: path,
      async handler({ headers, query }, reply) {
        const principal = authenticate(headers.authorization, access)
        const answer = await handle({ principal, headers, params: {}, query, body: nothing, upload: undefined })
        if (!(answer instanceof Answer)) return answer
        return reply
          .code(answer.status)
          .type(answer.contentType ?? 'application/json; charset=utf-8')
          .send(answer.body)
      },
    })
  }
  app.setErrorHandler((error, _request, reply) => {
    const problem = error instanceof Problem ? error : new Problem(500, "this is our fault: the server's log says more")
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="callscope"')
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(problemBody(problem)))
  })
  const port = await listen(app, config)
  return { port, close: () => app.close() }
}

const nothing = Buffer.alloc(0)

/** Who asks here is the operator, or asks for what is open. Keys of tenants are of no use: the registry may be away. */
function createOperatorCheck({ config: { metrics }, administratorToken }: StatusParts) {
  const isOperator = createTokenCheck(metrics.token, administratorToken)
  return function authenticate(authorization: string | undefined, access: Access): Principal {
    const [, key] = /^Bearer +(\S{1,500})$/i.exec(authorization ?? '') ?? []
    const open = access === 'open' || metrics.openStatusPort
    if (!open && (key === undefined || !isOperator(key)))
      throw new Problem(
        401,
        'send "Authorization: Bearer ..." with the token of the setting metrics.token (or the administrator token); where nothing but Prometheus reaches this port, set metrics.openStatusPort',
      )
    return { role: 'reader', tenant: undefined }
  }
}
