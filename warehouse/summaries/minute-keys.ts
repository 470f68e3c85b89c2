import type { ClickHouseClient } from '@clickhouse/client'
import { leastRetentionDays } from '#contracts/pipeline.ts'
import type { DirtyMinutes, MemberKey, RecomputeContext } from '#contracts/summaries.ts'
import { rowsOf } from '../client.ts'
import { keyList, textKeys } from '../literal.ts'
import { eventContext } from './minutes-sql.ts'

/** With less than this left until raw goes, a row is frozen: part of its raw may be gone at the next look. */
export const freezeAheadMs = 2 * 86_400_000

/** What is younger than this cannot be frozen, and need not be looked up, whatever retention it was written with. */
export const neverFrozenMs = leastRetentionDays * 86_400_000 - freezeAheadMs

/** A minute of one correlation id, to be made again from raw. */
export interface DirtyKey extends MemberKey {
  readonly minuteSeconds: number
  readonly cumulative: boolean
}

/** Stable text of a minute, for maps: `tenant NUL id NUL epoch seconds`. */
export const minuteText = ({ tenant, id, minuteSeconds }: Omit<DirtyKey, 'cumulative'>): string =>
  `${tenant}\u0000${id}\u0000${minuteSeconds}`

/**
 * Names the minutes to be made: those announced, those that were scored with another answer or other codecs than events
 * state now, and for `rescore` all that were ever made of the id. Raw that no minute knows yet has its own announcement.
 */
export async function nameAll(
  client: ClickHouseClient,
  dirty: readonly DirtyMinutes[],
  { logNowMs }: RecomputeContext,
): Promise<readonly DirtyKey[]> {
  const keys = dirty.flatMap(({ tenant, id, minutes, cumulative }) =>
    minutes.map((minute): DirtyKey => ({ tenant, id, minuteSeconds: minute * 60, cumulative })),
  )
  const asked = dirty.filter(({ rescore, urgency }) => rescore || urgency === 'now').map(idOf)
  if (asked.length === 0) return withoutRepeats(keys)
  const rescored = dirty.filter(({ rescore }) => rescore).map(idOf)
  const all = rescored.length === 0 ? '0' : `(tenant, correlation_id) IN ${textKeys(rescored)}`
  const made = await rowsOf<[string, string, number, number]>(
    client,
    `SELECT tenant, correlation_id, toUnixTimestamp(minute) AS at, max(scope = 'cumulative') AS cumulative
     FROM (
       SELECT tenant, correlation_id, minute, scope, argMax((row_count, raw_until, scored_with), version) AS last
       FROM call_minutes WHERE (tenant, correlation_id) IN ${textKeys(asked)}
       GROUP BY tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope, source
     ) AS made
     LEFT JOIN (SELECT tenant, correlation_id, scored_with FROM (${eventContext(textKeys(asked))})) AS context
       USING (tenant, correlation_id)
     WHERE last.1 > 0 AND (${all} OR last.3 != scored_with AND toUnixTimestamp(last.2) > {horizon: UInt32})
     GROUP BY tenant, correlation_id, minute`,
    { horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
  )
  return withoutRepeats([
    ...keys,
    ...made.map(([tenant, id, minuteSeconds, cumulative]): DirtyKey => {
      return { tenant, id, minuteSeconds, cumulative: cumulative === 1 }
    }),
  ])
}

const idOf = ({ tenant, id }: MemberKey) => [tenant, id] as const

/** Each minute once; cumulative if any mention of it was. */
export function withoutRepeats(keys: readonly DirtyKey[]): readonly DirtyKey[] {
  const distinct = new Map<string, DirtyKey>()
  for (const key of keys) {
    const name = minuteText(key)
    const known = distinct.get(name)
    if (known === undefined || (key.cumulative && !known.cumulative)) distinct.set(name, key)
  }
  return [...distinct.values()]
}

/** Leaves out minutes whose raw has gone or is about to: what stands of them was made when raw was whole. */
export async function withoutFrozen(
  client: ClickHouseClient,
  keys: readonly DirtyKey[],
  { logNowMs }: RecomputeContext,
): Promise<readonly DirtyKey[]> {
  const horizonSeconds = (logNowMs - neverFrozenMs) / 1_000
  const old = keys.filter(({ minuteSeconds }) => minuteSeconds <= horizonSeconds)
  if (old.length === 0) return keys
  const frozen = await frozenMinutes(client, old, logNowMs)
  return keys.filter((key) => !frozen.has(minuteText(key)))
}

/** Which of these minutes stand and are frozen, as minuteText. */
export async function frozenMinutes(
  client: ClickHouseClient,
  keys: readonly { readonly tenant: string; readonly id: string; readonly minuteSeconds: number }[],
  logNowMs: number,
): Promise<ReadonlySet<string>> {
  const rows = await rowsOf<[string, string, number]>(
    client,
    `SELECT DISTINCT tenant, correlation_id, toUnixTimestamp(minute) FROM call_minutes FINAL
     WHERE (tenant, correlation_id, minute) IN ${keyList(
       ['String', 'String', 'DateTime'],
       keys.map(({ tenant, id, minuteSeconds }) => [tenant, id, minuteSeconds]),
     )}
       AND row_count > 0 AND toUnixTimestamp(raw_until) <= {horizon: UInt32}`,
    { horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
  )
  return new Set(rows.map((row) => row.join('\u0000')))
}
