import { retryAfterMs } from './backoff.ts'
import type { HttpReply } from './http.ts'
import type { RefusalReason, RetryReason } from './observer.ts'

/** What an answer means for the rows that were sent. */
export type Verdict<Row> =
  /** Stored. `lost`: but for so many, the receiver does not say which. */
  | { readonly type: 'stored'; readonly lost?: { readonly reason: RefusalReason; readonly rows: number } }
  /** Nothing may be assumed stored. */
  | { readonly type: 'again'; readonly reason: RetryReason; readonly afterMs?: number | undefined }
  /** Nothing stored, and never will be in one piece. */
  | { readonly type: 'too_large' }
  /** Final; part of it may be stored. `guilty`: the rows it was said of, where the answer lets us know them. */
  | {
      readonly type: 'refused'
      readonly reason: RefusalReason
      readonly rows?: number | undefined
      readonly guilty?: readonly Row[] | undefined
    }

/** Somebody has to mend it, in a console or a file: no use in asking every second. */
const mendMs = 30_000
const blockedMs = 60_000

/**
 * What all stores mean alike by their status. Undefined: an answer that is the store's own to read (2xx and the final
 * ones among 4xx).
 */
export function judgeStatus(reply: HttpReply, nowMs: number): Verdict<never> | undefined {
  if (reply.type === 'no_answer') {
    return { type: 'again', reason: reply.reason === 'unreachable' ? 'unreachable' : 'timeout' }
  }
  const { status } = reply
  const afterMs = retryAfterMs(reply.retryAfter, nowMs)
  if (status === 413) return { type: 'too_large' }
  if (status === 429) return { type: 'again', reason: 'rate_limited', afterMs }
  if (status === 401 || status === 403 || status === 407)
    return { type: 'again', reason: 'credential', afterMs: mendMs }
  // Loki's answer while an operator blocks a tenant (limits_config: block_ingestion_until).
  if (status === 260) return { type: 'again', reason: 'blocked', afterMs: blockedMs }
  // No store of this kind lives at this address (yet). Its rows must not be thrown away for that.
  if ((status >= 300 && status < 400) || status === 404 || status === 405 || status === 501) {
    return { type: 'again', reason: 'wrong_address', afterMs: mendMs }
  }
  if (status >= 500 || status === 408 || status === 425 || status < 200) {
    return { type: 'again', reason: 'server_error', afterMs }
  }
  return undefined
}
