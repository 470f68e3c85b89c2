import { isIPv6 } from 'node:net'
import type { AddressClass } from '#contracts/audit-trail.ts'
import { isLoopback } from './guards.ts'

const inner = [
  /^10\./,
  /^192\.168\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^169\.254\./,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^f[cd][0-9a-f]{2}:/i,
  /^fe[89ab][0-9a-f]:/i,
]

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** `private`: RFC 1918, RFC 6598, RFC 4193 and link-local addresses. */
export function classOfAddress(address: string | undefined): AddressClass {
  if (isLoopback(address)) return 'loopback'
  return address !== undefined && inner.some((range) => range.test(plain(address))) ? 'private' : 'public'
}

/** What counts as one peer: an IPv4 address, or the 64 bits of an IPv6 network, of which one customer has them all. */
export function networkOf(address: string | undefined): string {
  const text = plain(address ?? 'unknown')
  if (!isIPv6(text)) return text
  const [head = '', tail = ''] = (text.split('%')[0] ?? '').toLowerCase().split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const missing = Math.max(0, 8 - groups(head).length - groups(tail).length)
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
