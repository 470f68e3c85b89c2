import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from './problem.ts'

/** A request as it came: before anything was made of its address and names. */
export interface Arrived {
  readonly method?: string | undefined
  /** The request's target: a path, or a whole address where a client takes this server for a proxy. */
  readonly target?: string | undefined
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, with what stands there twice. */
  readonly rawHeaders?: readonly string[] | undefined
}

export interface GuardSettings {
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/**
 * Refuses requests under a foreign name (DNS rebinding: a web page's own domain pointed at 127.0.0.1), under two names, and
 * from a foreign web page. Loopback is no proof of a friend: every page the user has open can send requests to it.
 */
export function createOriginGuard({ host, allowedHosts, allowedOrigins }: GuardSettings): (request: Arrived) => void {
  const names = new Set(
    ['localhost', '127.0.0.1', '[::1]', bracketed(host), ...allowedHosts].map((name) => name.toLowerCase()),
  )
  const origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin))
  return function guard(request) {
    const { headers } = request
    const asked = oneName(request)
    if (!names.has(asked) && !names.has(withoutPort(asked))) {
      throw new Problem(
        421,
        'the Host header names a server that this is not: use localhost, or add the name to allowedHosts',
      )
    }
    if (headers.origin !== undefined && origins.has(headers.origin)) return
    if (isForeignPage(request))
      throw new Problem(403, 'requests from pages of other sites are not allowed: add their origin to allowedOrigins')
    if (headers.origin === undefined) return
    // Same origin: a page that this server itself served.
    if (headers.origin.toLowerCase() === `http://${asked}` || headers.origin.toLowerCase() === `https://${asked}`)
      return
    throw new Problem(403, 'requests from this web origin are not allowed: add it to allowedOrigins')
  }
}

/**
 * The one name that a request gives this server. RFC 9112, section 3.2: more than one Host header is an error; where the
 * target is a whole address, Host is to be the same, and what differs was made to be read in two ways.
 */
function oneName({ target = '/', headers, rawHeaders = [] }: Arrived): string {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts > 1) throw new Problem(400, 'Host: stands there more than once; send one')
  const host = headers.host?.toLowerCase() ?? ''
  if (target.startsWith('/') || target === '*') return host
  const [, authority] = /^https?:\/\/([^/?#]*)/i.exec(target) ?? []
  if (authority?.toLowerCase() === host) return host
  throw new Problem(400, 'the request line names another server than the Host header: send the path alone')
}

/**
 * What a browser says of a page's request (Sec-Fetch-Site) without an origin that is allowed. A link that a person follows is
 * no such request: it shows the page, which holds no data, and the site with the link reads nothing of it.
 */
function isForeignPage({ method = 'GET', headers }: Arrived): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return !(isLink && (method === 'GET' || method === 'HEAD'))
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, '')

/** Headers by which proxies, balancers and networks in between give themselves away; those with `*` by how they begin. */
export const forwardingHeaders = [
  ...['forwarded', 'x-forwarded', 'x-forwarded-*', 'x-original-*', 'x-proxy-*', 'via', 'proxy-*', 'cdn-loop'],
  ...['x-real-ip', 'x-real-port', 'x-client-ip', 'x-cluster-client-ip', 'x-originating-ip', 'x-remote-*', 'client-ip'],
  ...[
    'cf-*',
    'true-client-ip',
    'fastly-*',
    'fly-*',
    'akamai-*',
    'x-akamai-*',
    'x-appengine-*',
    'x-cloud-trace-context',
  ],
  ...['x-amzn-*', 'x-amz-cf-*', 'x-azure-*', 'x-envoy-*', 'x-vercel-*', 'x-nginx-*', 'x-varnish', 'x-request-start'],
] as const

const isForwarding = (name: string): boolean =>
  forwardingHeaders.some((known) => (known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known))

/**
 * Whether a request shows no trace of a proxy: it comes from this machine, under a name of this machine. It is not proof: a
 * proxy on this machine that adds nothing looks the same, so that this alone opens nothing.
 */
export function looksDirect(headers: IncomingHttpHeaders, peer: string | undefined): boolean {
  const host = withoutPort(headers.host?.toLowerCase() ?? '').replace(/^\[|\]$/g, '')
  return isLoopback(peer) && isLoopback(host) && !Object.keys(headers).some(isForwarding)
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** True for an address of this machine that other machines cannot use. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|localhost)$/.test(address)

/** Nothing here is meant to be framed, sniffed, cached or to load anything from elsewhere. */
export const secureHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const
