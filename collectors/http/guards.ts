import { Problem } from './problem.ts'

interface Named {
  readonly host?: string | undefined
  readonly origin?: string | undefined
}

export interface GuardSettings {
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/**
 * Refuses requests under a foreign name (DNS rebinding: a web page's own domain pointed at 127.0.0.1) and from a
 * foreign web page. Loopback is no proof of a friend: every page the user has open can send requests to it.
 */
export function createOriginGuard({ host, allowedHosts, allowedOrigins }: GuardSettings): (headers: Named) => void {
  const names = new Set(
    ['localhost', '127.0.0.1', '[::1]', bracketed(host), ...allowedHosts].map((name) => name.toLowerCase()),
  )
  const origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin))
  return function guard(headers) {
    const asked = headers.host?.toLowerCase() ?? ''
    if (!names.has(asked) && !names.has(asked.replace(/:\d+$/, ''))) {
      throw new Problem(
        421,
        'the Host header names a server that this is not: use localhost, or add the name to allowedHosts',
      )
    }
    if (headers.origin === undefined || origins.has(headers.origin)) return
    // Same origin: a page that this server itself served.
    if (headers.origin.toLowerCase() === `http://${asked}` || headers.origin.toLowerCase() === `https://${asked}`)
      return
    throw new Problem(403, 'requests from this web origin are not allowed: add it to allowedOrigins')
  }
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
