import type { UnavailableReason } from '#contracts/call-telemetry.ts'
import type { HttpClient } from '../shared/http.ts'
import { unusable } from '../shared/unavailable.ts'
import { type FoundLine, foundLines } from './lines.ts'

export interface RangeQuestion {
  readonly org: string
  /** LogQL. */
  readonly query: string
  /** Epoch nanoseconds; the end is not part of it. */
  readonly from: bigint
  readonly to: bigint
  readonly limit: number
  readonly maxAnswerBytes: number
}

/**
 * Lines of a time, the oldest first. Asked as a form and not in the address: ids and names would stand in the access logs of every proxy
 * between. Source: Loki HTTP API, GET /loki/api/v1/query_range (which takes POST alike).
 */
export async function queryRange(
  http: HttpClient,
  { org, query, from, to, limit, maxAnswerBytes }: RangeQuestion,
): Promise<readonly FoundLine[] | UnavailableReason> {
  const form = new URLSearchParams({
    ...{ query, start: String(from), end: String(to) },
    ...{ limit: String(limit), direction: 'forward' },
  })
  const reply = await http.send({
    method: 'POST',
    path: '/loki/api/v1/query_range',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-scope-orgid': org,
      // Else metadata and labels come as one, and nobody could tell an attribute from a label.
      'x-loki-response-encoding-flags': 'categorize-labels',
    },
    body: Buffer.from(form.toString()),
    maxAnswerBytes,
  })
  const why = unusable(reply)
  if (why !== undefined || reply.type !== 'answered') return why ?? 'failed'
  return foundLines(reply.body) ?? 'failed'
}

/** Epoch milliseconds as Loki counts time. */
export const nanosOf = (ms: number): bigint => BigInt(ms) * 1_000_000n
