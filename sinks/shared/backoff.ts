/** How long to wait after the n-th failure in a row (n from 1), in milliseconds: doubling, half of it left to chance. */
export interface Backoff {
  readonly firstMs: number
  readonly mostMs: number
  /** 0..1, as Math.random. */
  readonly random: () => number
}

export function backoffMs(failures: number, { firstMs, mostMs, random }: Backoff): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)))
  return Math.round(whole / 2 + (whole / 2) * random())
}

/** A store may name any date; who believes it waits for ever. */
const maxRetryAfterMs = 300_000

/** `Retry-After` (RFC 9110, 10.2.3: seconds or an HTTP date) as milliseconds from now, bounded; undefined where it says neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : dateOf(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(maxRetryAfterMs, Math.max(0, ms))
}

/** Date.parse takes nearly anything, "1" too: an HTTP date begins with the name of a day. */
const dateOf = (text: string): number => (/^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN)
