import { Readable } from 'node:stream'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createAdminEndpoints } from './admin-endpoints.ts'
import { createArchiveEndpoints } from './archive-endpoints.ts'
import { audited } from './audited.ts'
import { decompress, tooLarge } from './body.ts'
import { createCallEndpoints } from './call-endpoints.ts'
import { createChartEndpoints } from './chart-endpoints.ts'
import { boundConnections } from './connections.ts'
import { createAuthenticator, type Principal } from './credentials.ts'
import { denialOf } from './denied.ts'
import { Answer, type Asked, type Endpoint, refuseUnstorable } from './endpoint.ts'
import { createEntrance } from './entrance.ts'
import { createErasureEndpoints } from './erasure-endpoints.ts'
import { createOriginGuard, secureHeaders } from './guards.ts'
import { createHealthEndpoints } from './health-endpoints.ts'
import { createEventsEndpoint } from './ingest-events.ts'
import { createGetStatsEndpoint } from './ingest-getstats.ts'
import { createOtlpEndpoints } from './ingest-otlp.ts'
import { createKeyEndpoints } from './key-endpoints.ts'
import { createKeyLookups, type KeyLookups } from './key-lookups.ts'
import { createLinkEndpoints } from './link-endpoints.ts'
import { createLiveHub, defaultLivePace, type LiveHub, type LivePace } from './live/hub.ts'
import { createLiveEndpoint } from './live-endpoint.ts'
import { describeApi } from './openapi.ts'
import { servePages } from './page-routes.ts'
import { classOfAddress } from './peer.ts'
import type { Edge, HttpParts, HttpSettings } from './ports.ts'
import { Problem, problemBody } from './problem.ts'
import { createProfileEndpoints } from './profile-endpoints.ts'
import { withSearch } from './search-endpoints.ts'
import { createSessionEndpoint } from './session-endpoint.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined
    release: (() => void) | undefined
  }
}

/** Every route there is. A new one is a line here; the server and the OpenAPI document both follow. */
const listEndpoints = (parts: HttpParts, live: LiveHub, keys: KeyLookups): readonly Endpoint[] => [
  createEventsEndpoint(parts),
  ...createOtlpEndpoints(parts),
  createGetStatsEndpoint(parts),
  ...createCallEndpoints(parts),
  ...createChartEndpoints(parts),
  ...withSearch(createLiveEndpoint(parts, live)),
  createSessionEndpoint(parts),
  ...createAdminEndpoints(parts),
  ...createKeyEndpoints(parts, keys),
  ...createProfileEndpoints(parts),
  ...createLinkEndpoints(parts),
  ...createErasureEndpoints(parts),
  ...createArchiveEndpoints(parts),
  ...createHealthEndpoints(parts),
]

/** The HTTP edge: guards, then credentials, then size, then the handler. Not yet listening. */
export function createHttpServer(parts: HttpParts): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: parts.settings.eventsBytes,
    requestTimeout: parts.settings.requestTimeoutMs,
    // Uploads may take longer than a request's headers may.
    connectionTimeout: 0,
    keepAliveTimeout: 5_000,
    http: headTimeouts(parts.settings),
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: 'idle',
    trustProxy: false,
    // Of addresses that cannot be read: no route, and so no guard, has seen them.
    frameworkErrors: ({ statusCode = 400 }, _request, reply) =>
      void writeProblem(
        reply.headers(secureHeaders),
        new Problem(statusCode, 'the address cannot be read: is each % in it followed by two hex digits?'),
      ),
  })
  boundConnections(app.server, { ...parts.settings.connections, ...parts.connections })
  app.decorateRequest('principal', undefined)
  app.decorateRequest('release', undefined)
  addBodyParsers(app)
  addGuards(app, parts)
  const live = createLiveHub(parts, livePaceOf(parts.settings))
  // Before the server waits for its answers to end: these never would.
  app.addHook('preClose', async () => live.close())
  const keys = createKeyLookups({ ...parts.keys, findKey: parts.tenants.findKey, clock: parts.clock })
  const endpoints = listEndpoints(parts, live, keys)
  const document = describeApi(endpoints, parts.settings.version)
  const serve = createRouter(app, parts, keys)
  for (const endpoint of endpoints) serve(endpoint)
  serve({ method: 'GET', path: '/api/openapi.json', access: 'open', summary: 'This document', handle: () => document })
  servePages(app, parts.pages)
  app.setNotFoundHandler((_request, reply) =>
    writeProblem(reply, new Problem(404, 'there is nothing here: GET /api/openapi.json lists what there is')),
  )
  app.setErrorHandler<FastifyError>((error, request, reply) => writeProblem(reply, problemOf(error, request, parts)))
  return app
}

/** A head that comes slowly, or never, holds a connection no longer than this; looked at often enough for that to be true. */
const headTimeouts = ({ headersTimeoutMs, requestTimeoutMs }: HttpSettings) => ({
  headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
  connectionsCheckingInterval: Math.min(2_000, headersTimeoutMs),
})

const livePaceOf = ({ live }: HttpSettings): LivePace => ({
  ...defaultLivePace,
  ...{ maxViewers: live.max, maxViewersOfOne: live.perTenant },
})

function addBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // Uploads are streamed; every other route refuses this type.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
}

function addGuards(app: FastifyInstance, { settings }: HttpParts): void {
  const guard = createOriginGuard(settings)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(secureHeaders)
    guard({ method: request.method, target: request.raw.url, ...rawOf(request) })
    const { origin } = request.headers
    if (origin !== undefined && settings.allowedOrigins.includes(origin))
      reply.headers({ 'access-control-allow-origin': origin, vary: 'origin' })
  })
  app.options('*', async (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, callscope-tenant',
      })
      .send(),
  )
}

/** As it came: `headers` hold one of each name, `rawHeaders` all of them. */
const rawOf = ({ raw: { headers, rawHeaders } }: FastifyRequest) => ({ headers, rawHeaders })

function createRouter(app: FastifyInstance, parts: HttpParts, keys: KeyLookups): (endpoint: Endpoint) => void {
  const authenticate = createAuthenticator({ ...parts, ...parts.settings, keys, keyUsed: parts.keys.used })
  const enter = createEntrance(parts)
  const noted = (error: unknown, { access }: Endpoint, address: string | undefined): never => {
    const denied = denialOf(error)
    if (denied !== undefined) parts.trail.denied({ ...denied, access, peer: classOfAddress(address) })
    throw error
  }
  return (endpoint) => {
    const { method, path, access, bodyLimit = 0, upload = false, live = false } = endpoint
    const handle = access === 'administer' ? audited(parts, endpoint) : endpoint.handle.bind(endpoint)
    app.route({
      method,
      url: path,
      // A HEAD would open the stream, and wait for its end.
      exposeHeadRoute: method === 'GET' && !live,
      ...(bodyLimit > 0 ? { bodyLimit } : {}),
      config: { edge: edgeOf(path) },
      async onRequest(request) {
        const peer = request.socket.remoteAddress
        request.principal = await authenticate(request.headers, peer, access).catch((error) =>
          noted(error, endpoint, peer),
        )
        if (bodyLimit > 0 && !upload) await enter(request, endpoint)
      },
      onResponse: async (request) => request.release?.(),
      onRequestAbort: async (request) => request.release?.(),
      handler: async (request, reply) =>
        answer(reply, await handle(await askedOf(request, endpoint), request.socket.remoteAddress)),
    })
  }
}

async function askedOf(request: FastifyRequest, { bodyLimit = 0, upload = false }: Endpoint): Promise<Asked> {
  const { principal, headers, body } = request
  if (principal === undefined) throw new Error('a route without authentication')
  refuseUnstorable('the path', request.params)
  refuseUnstorable('the query string', request.query)
  const common = { principal, headers, params: request.params as Record<string, string>, query: request.query }
  if (Buffer.isBuffer(body))
    return { ...common, body: await decompress(body, headers['content-encoding'], bodyLimit), upload: undefined }
  const streamed = body === undefined || body === null ? undefined : (body as Readable)
  if (streamed !== undefined && !upload) {
    streamed.resume()
    throw new Problem(415, 'Content-Type: application/octet-stream is for /api/import and /api/replay only')
  }
  return { ...common, body: Buffer.alloc(0), upload: streamed }
}

function answer(reply: FastifyReply, value: unknown): FastifyReply {
  const { status, body, contentType, headers } = value instanceof Answer ? value : new Answer(200, value as object)
  reply.headers(headers)
  if (contentType !== undefined)
    return reply
      .code(status)
      .type(contentType)
      .send(body instanceof Readable ? body : Buffer.from(body as Uint8Array))
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

const edgeOf = (path: string): Edge | undefined => {
  const name = path.startsWith('/v1/') ? path.slice(4) : undefined
  return name as Edge | undefined
}

/** Fastify's own refusals in our words; anything unknown is our bug, logged, and says nothing to the client. */
function problemOf(error: FastifyError | Problem, request: FastifyRequest, parts: HttpParts): Problem {
  const edge = (request.routeOptions.config as { edge?: Edge } | undefined)?.edge
  const problem = error instanceof Problem ? error : foreignProblem(error, request)
  if (problem.status >= 500 && problem.status !== 503)
    parts.logger.error({ err: error, route: request.routeOptions.url }, 'a request failed')
  if (edge !== undefined && problem.status === 413) parts.count(edge, 'too_large', 1)
  else if (
    edge !== undefined &&
    // Before that it is a credential that was refused, and no load.
    request.principal !== undefined &&
    (problem.status === 429 || (problem.status === 503 && problem.retryAfterSeconds === 1))
  )
    parts.count(edge, 'overloaded', 1)
  return problem
}

function foreignProblem(error: FastifyError, request: FastifyRequest): Problem {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(request.routeOptions.bodyLimit)
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500
    ? new Problem(status, error.message)
    : new Problem(500, "this is our fault: the server's log says more")
}

function writeProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="callscope"')
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem)))
}
