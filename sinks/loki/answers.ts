import type { HttpReply } from '../shared/http.ts'
import type { Verdict } from '../shared/judge.ts'
import type { RefusalReason } from '../shared/observer.ts'

/** Bytes of an answer that are read: Loki names up to ten refused entries, with their labels. */
export const maxAnswerBytes = 16_384

/**
 * Loki 3.7's own words (pkg/validation/validate.go, pkg/ingester/stream.go), which stand with labels and tenants that
 * must not be told: only what they mean leaves this file.
 */
const meanings: readonly (readonly [RegExp, RefusalReason])[] = [
  [/has timestamp too old/, 'too_old'],
  [/has timestamp too new/, 'too_far_ahead'],
  [/entry too far behind|out of order/i, 'too_far_behind'],
  [/max entry size/, 'line_too_long'],
  [/structured metadata/, 'metadata'],
  [/label name|label value|label pair|parsing labels|required labels/, 'labels'],
]

/** 204 is stored; everything else that comes here is final, and part of it may be stored. */
export function judgeLoki<Row>(
  { status, body }: Extract<HttpReply, { type: 'answered' }>,
  rows: readonly Row[],
  secondsOf: (row: Row) => number,
): Verdict<Row> {
  if (status >= 200 && status < 300) return { type: 'stored' }
  const words = body.toString()
  const reason = meanings.find(([pattern]) => pattern.test(words))?.[1] ?? 'other'
  const before = reason === 'too_old' ? oldestAcceptable(words) : undefined
  return {
    type: 'refused',
    reason,
    rows: countOf(words),
    guilty: before === undefined ? undefined : rows.filter((row) => secondsOf(row) < before),
  }
}

/** 429 for a stream too many will not pass by waiting alone: somebody has to be told apart from a rate. */
export const isStreamLimit = ({ body }: { readonly body: Buffer }): boolean =>
  /maximum active stream limit/i.test(body.toString())

/** Epoch seconds. Loki cuts the fraction off, so what is of the same second may be guilty or not: the next answer tells. */
function oldestAcceptable(words: string): number | undefined {
  const text = /oldest acceptable timestamp is: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))/.exec(words)?.[1]
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms / 1_000
}

/** Entries refused, where the answer counts them. */
function countOf(words: string): number | undefined {
  const counts = [...words.matchAll(/(\d{1,9}) errors like|total ignored: (\d{1,9}) out of/g)]
  const sum = counts.reduce((total, [, alike, ignored]) => total + Number(alike ?? ignored), 0)
  return sum === 0 ? undefined : sum
}

const fixes: Readonly<Partial<Record<RefusalReason, string>>> = {
  too_old: 'older than limits_config.reject_old_samples_max_age allows',
  too_far_ahead: "ahead of Loki's clock by more than creation_grace_period; check the clock of the producer",
  too_far_behind: 'more than half of ingester.max_chunk_age behind the newest line of its stream',
  line_too_long: 'longer than limits_config.max_line_size',
  metadata: 'limits_config allows no structured metadata, or less of it',
  labels: 'limits_config allows fewer or shorter labels, or asks for others',
  too_large: 'one line alone is more than a proxy or Loki takes in a request',
  tenant_name: "a tenant's id must be 1 to 150 letters, digits and !_.*'()- to be an X-Scope-OrgID",
}

export const explainLoki = (reason: RefusalReason): string => fixes[reason] ?? "see Loki's own log for the reason"
