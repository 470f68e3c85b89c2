import type { ClickHouseClient } from '@clickhouse/client'
import { shardOf } from '#contracts/sharding.ts'
import type { DirtyMinutes, MemberKey, MinuteStore, RecomputeContext } from '#contracts/summaries.ts'
import { rowsOf, run } from '../client.ts'
import { keyList, text, textKeys } from '../literal.ts'
import {
  cumulativeSamples,
  insertMinutes,
  intervalSamples,
  type MinuteKey,
  type MinuteStamp,
  type TalliedRow,
  withEventContext,
} from './minutes-sql.ts'

/** The stored verdict has one scorer: SQL made from quality/. Layer n names only columns of the input and of layers before it. */
export interface Scoring {
  /** Codec rows that the layers may name. */
  readonly codecRows: readonly TalliedRow[]
  readonly layers: readonly (readonly { readonly name: string; readonly expression: string }[])[]
  readonly formulaVersion: string
  readonly profileVersion: string
}

export interface MinuteStoreOptions {
  readonly client: ClickHouseClient
  /** By the profile that the tenant has at the time of the minute, epoch milliseconds. The same value for the same profile. */
  readonly scoringOf: (tenant: string, minuteMs: number) => Scoring
  readonly retentionMs: number
}

/** With less than this left until raw goes, a row is frozen: part of its raw may be gone at the next look. */
export const freezeAheadMs = 2 * 86_400_000

/** Keys of one statement: its text stays under a few megabytes. */
const keysPerStatement = 20_000

export function createMinuteStore({ client, scoringOf, retentionMs }: MinuteStoreOptions): MinuteStore {
  return {
    async recompute(dirty, context) {
      const named = await nameAll(client, dirty)
      const keys = await withoutFrozen(client, named, context, retentionMs)
      for (const { scoring, part } of statementsOf(keys, scoringOf)) {
        const stamp = stampOf(part, context, scoring)
        await run(client, insertMinutes(scored(intervalSamples(part.map(keyOf)), part, scoring), stamp))
        const cumulative = part.filter((key) => key.cumulative)
        if (cumulative.length === 0) continue
        await run(client, insertMinutes(scored(cumulativeSamples(cumulative.map(keyOf)), cumulative, scoring), stamp))
      }
    },
  }
}

/** Keys that one statement scores: of one profile, and not too many. */
function statementsOf(keys: readonly DirtyKey[], scoringOf: MinuteStoreOptions['scoringOf']) {
  const byProfile = new Map<Scoring, DirtyKey[]>()
  for (const key of keys) {
    const scoring = scoringOf(key.tenant, key.minuteSeconds * 1_000)
    const known = byProfile.get(scoring)
    if (known === undefined) byProfile.set(scoring, [key])
    else known.push(key)
  }
  return [...byProfile].flatMap(([scoring, own]) =>
    Array.from({ length: Math.ceil(own.length / keysPerStatement) }, (_, at) => ({
      scoring,
      part: own.slice(at * keysPerStatement, (at + 1) * keysPerStatement),
    })),
  )
}

interface DirtyKey extends MemberKey {
  readonly minuteSeconds: number
  readonly cumulative: boolean
}

const keyOf = ({ minuteSeconds, tenant, id }: DirtyKey): MinuteKey => [minuteSeconds, tenant, id]

function scored(samples: string, keys: readonly DirtyKey[], scoring: Scoring): string {
  const ids = [...new Map(keys.map(({ tenant, id }) => [`${tenant}\u0000${id}`, [tenant, id] as const])).values()]
  return scoring.layers.reduce(
    (inner, layer) =>
      `SELECT *, ${layer.map(({ name, expression }) => `${expression} AS ${name}`).join(',\n    ')} FROM (${inner})`,
    withEventContext(samples, ids),
  )
}

function stampOf(keys: readonly DirtyKey[], { version }: RecomputeContext, scoring: Scoring): MinuteStamp {
  const shards = new Map(keys.map(({ tenant, id }) => [`${tenant}\u0000${id}`, shardOf(tenant, id)]))
  return {
    version,
    shards: {
      keys: [...shards.keys()].map((key) => text(key).replaceAll('\u0000', '\\0')).join(','),
      values: [...shards.values()].join(','),
    },
    codecRows: scoring.codecRows,
    formulaVersion: scoring.formulaVersion,
    profileVersion: scoring.profileVersion,
  }
}

/** Names the minutes to be made: those announced, and for `rescore` those that were ever made of the id. Raw that no minute knows yet has its own announcement. */
async function nameAll(client: ClickHouseClient, dirty: readonly DirtyMinutes[]): Promise<readonly DirtyKey[]> {
  const keys: DirtyKey[] = []
  const all: (readonly [string, string])[] = []
  for (const { tenant, id, minutes, rescore, cumulative } of dirty) {
    if (rescore) all.push([tenant, id])
    for (const minute of minutes) keys.push({ tenant, id, minuteSeconds: minute * 60, cumulative })
  }
  if (all.length === 0) return withoutRepeats(keys)
  const known = await rowsOf<[string, string, number, number]>(
    client,
    `SELECT tenant, correlation_id, toUnixTimestamp(minute) AS at, max(scope = 'cumulative') AS cumulative
     FROM call_minutes WHERE (tenant, correlation_id) IN ${textKeys(all)} GROUP BY tenant, correlation_id, minute`,
  )
  const made = known.map(([tenant, id, minuteSeconds, cumulative]): DirtyKey => {
    return { tenant, id, minuteSeconds, cumulative: cumulative === 1 }
  })
  return withoutRepeats([...keys, ...made])
}

/** Each minute once; cumulative if any mention of it was. */
function withoutRepeats(keys: readonly DirtyKey[]): readonly DirtyKey[] {
  const distinct = new Map<string, DirtyKey>()
  for (const key of keys) {
    const name = `${key.tenant}\u0000${key.id}\u0000${key.minuteSeconds}`
    const known = distinct.get(name)
    if (known === undefined || (key.cumulative && !known.cumulative)) distinct.set(name, key)
  }
  return [...distinct.values()]
}

/** Leaves out minutes whose raw has gone or is about to: what stands of them was made when raw was whole. */
async function withoutFrozen(
  client: ClickHouseClient,
  keys: readonly DirtyKey[],
  { logNowMs }: RecomputeContext,
  retentionMs: number,
): Promise<readonly DirtyKey[]> {
  const horizonSeconds = (logNowMs - retentionMs + freezeAheadMs) / 1_000
  const old = keys.filter(({ minuteSeconds }) => minuteSeconds <= horizonSeconds)
  if (old.length === 0) return keys
  const frozen = await frozenMinutes(client, old, logNowMs)
  return keys.filter(({ tenant, id, minuteSeconds }) => !frozen.has(`${tenant}\u0000${id}\u0000${minuteSeconds}`))
}

/** Which of these minutes stand and are frozen, as `tenant NUL id NUL epoch seconds`. */
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
       AND toUnixTimestamp(raw_until) <= {horizon: UInt32}`,
    { horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
  )
  return new Set(rows.map((row) => row.join('\u0000')))
}
