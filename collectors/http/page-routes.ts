import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PageFile, Pages } from '#contracts/pages.ts'

/** The page loads what this server serves, and nothing else; no script or style stands in its markup. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Addresses that the page itself makes a view of. */
const views = ['/', '/calls', '/calls/*', '/now', '/import']

/** Names of assets hold a hash of their content: what lies under one never changes. */
const forEver = 'public, max-age=31536000, immutable'

/** Asked for again at every visit, and sent only where it has changed would save little: it is a kilobyte. */
const never = 'no-cache'

/** The web page. No part of the API: it carries no data, and needs no credential. */
export function servePages(app: FastifyInstance, pages: Pages): void {
  for (const url of views) {
    app.get(url, (request, reply) => {
      const index = pages.find('index.html')
      return index === undefined ? notBuilt(reply) : send(index, { request, reply, caching: never })
    })
  }
  app.get('/assets/*', (request, reply) =>
    sendFile(`assets/${(request.params as { '*': string })['*']}`, forEver, { request, reply }),
  )
  app.get('/:file', (request, reply) => sendFile((request.params as { file: string }).file, never, { request, reply }))

  function sendFile(path: string, caching: string, { request, reply }: Exchange): FastifyReply {
    const file = pages.find(path)
    if (file === undefined) {
      reply.callNotFound()
      return reply
    }
    return send(file, { request, reply, caching })
  }
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

const notBuilt = (reply: FastifyReply): FastifyReply =>
  reply
    .code(503)
    .type('text/plain; charset=utf-8')
    .send('The page has not been built: run "npm run build" and start again. The API is under /api.\n')

function send(file: PageFile, { request, reply, caching }: Exchange & { readonly caching: string }): FastifyReply {
  const { encoding, content } = variantOf(file, request.headers['accept-encoding'])
  reply.headers({ 'content-security-policy': pagePolicy, 'cache-control': caching, vary: 'accept-encoding' })
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  return reply.type(file.type).send(content)
}

/** The smallest that the client takes. */
function variantOf({ content, brotli, gzip }: PageFile, accepted: string | undefined) {
  const takes = new Set(
    (accepted ?? '')
      .toLowerCase()
      .split(',')
      .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
      .map((part) => part.split(';')[0]?.trim()),
  )
  if (brotli !== undefined && takes.has('br')) return { encoding: 'br', content: brotli }
  if (gzip !== undefined && takes.has('gzip')) return { encoding: 'gzip', content: gzip }
  return { encoding: undefined, content }
}
