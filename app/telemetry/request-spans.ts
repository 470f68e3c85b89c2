import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RequestSpan, Tracing } from './tracing.ts'

/** Asked every few seconds by machines, or open for hours: their spans would say nothing. */
const unseen = new Set(['/metrics', '/health/live', '/health/ready', '/api/calls/live'])

/** A span for each request to a route, named by the route's template. Before the server listens. */
export function traceRequests(app: FastifyInstance, begin: Tracing['request']): void {
  if (begin === undefined) return
  const spans = new WeakMap<FastifyRequest, RequestSpan>()
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url
    if (route === undefined || unseen.has(route)) return done()
    const span = begin(request.method, route)
    spans.set(request, span)
    // What follows the hook runs within it, the handler too.
    span.within(done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    spans.get(request)?.end(reply.statusCode)
    done()
  })
  app.addHook('onRequestAbort', (request, done) => {
    // Nobody has waited for the answer: what proxies call 499.
    spans.get(request)?.end(499)
    done()
  })
}
