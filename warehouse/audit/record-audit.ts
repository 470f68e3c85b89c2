import type { ClickHouseClient } from '@clickhouse/client'
import type { Difference, RecordAudit, RecordStretch, SettledCall } from '#contracts/audit.ts'
import { type MemberKey, memberText } from '#contracts/summaries.ts'
import { groupBy } from '#quality/grouping.ts'
import { rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'
import { freezeAheadMs } from '../summaries/minute-keys.ts'
import { maxDifferences } from './minute-audit.ts'
import { type Condition, idsWithin, recordsWithin } from './stretches.ts'

/** A live record that holds a member, and where it stands. */
type Held = readonly [tenant: string, member: string, id: string, atMs: number, version: number]

const heldColumns = 'toString(tenant), member, id, toUnixTimestamp64Milli(at), version'

/** Live records that hold one of these ids, at the places that those ids tell of. */
const holdersQuery = (ids: string, members: string) => `
  SELECT ${heldColumns} FROM (
    SELECT tenant, id, at, version, arrayJoin(members) AS member FROM calls FINAL
    WHERE is_deleted = 0 AND (tenant, at, id) IN (SELECT tenant, at, canonical FROM call_keys WHERE canonical != '' AND ${ids})
  ) WHERE ${members}`

/** Members of the stretch's live records that have no place where it stands. */
const unplacedQuery = (stretch: string) => `
  WITH held AS (
    SELECT tenant, id, at, version, arrayJoin(members) AS member FROM calls FINAL WHERE is_deleted = 0 AND ${stretch})
  SELECT ${heldColumns} FROM held WHERE (tenant, member, id, at) NOT IN (
    SELECT tenant, id, canonical, at FROM call_keys WHERE (tenant, id) IN (SELECT tenant, member FROM held))
  LIMIT ${maxDifferences}`

const settledWhole = `is_deleted = 0 AND state = 'settled' AND unclassified != 'not_computed'
  AND (raw_until = 0 OR toUnixTimestamp(raw_until) > {horizon: UInt32})`
const settledColumns = 'toString(tenant), toUnixTimestamp64Milli(at), id, version, record'
const horizonOf = (logNowMs: number): number => Math.floor((logNowMs + freezeAheadMs) / 1_000)

export function createRecordAudit(client: ClickHouseClient): RecordAudit {
  async function settledOf(query: string, params: Condition['params']): Promise<readonly SettledCall[]> {
    const rows = await rowsOf<[string, number, string, number, string]>(client, query, params)
    return rows.map(([tenant, atMs, id, version, record]) => ({ tenant, atMs, id, version, record }))
  }
  return {
    async placesEnd(stretch, rows) {
      const ids = idsWithin(stretch, 'id')
      const [last] = await rowsOf<[string, string]>(
        client,
        `SELECT toString(tenant), id FROM call_keys WHERE ${ids.sql} ORDER BY tenant, id LIMIT 1 OFFSET {rows: UInt32}`,
        { ...ids.params, rows },
      )
      return last === undefined ? undefined : { tenant: last[0], id: last[1] }
    },
    async shared(stretch) {
      const ids = idsWithin(stretch, 'id')
      const held = await rowsOf<Held>(client, holdersQuery(ids.sql, idsWithin(stretch, 'member').sql), ids.params)
      return [...heldBy(held).values()].filter((records) => records.length > 1).map(sharedBy)
    },
    async recordsEnd(stretch, rows) {
      const within = recordsWithin(stretch)
      const [last] = await rowsOf<[string, number, string]>(
        client,
        `SELECT toString(tenant), toUnixTimestamp64Milli(at), id FROM calls WHERE ${within.sql}
         ORDER BY tenant, at, id LIMIT 1 OFFSET {rows: UInt32}`,
        { ...within.params, rows },
      )
      return last === undefined ? undefined : { tenant: last[0], atMs: last[1], id: last[2] }
    },
    unplaced: (stretch) => unplacedRecords(client, stretch),
    settled(stretch, limit, logNowMs) {
      const within = recordsWithin(stretch)
      return settledOf(
        `SELECT ${settledColumns} FROM calls FINAL WHERE ${within.sql} AND ${settledWhole}
         ORDER BY tenant, at, id LIMIT {limit: UInt32}`,
        { ...within.params, limit, horizon: horizonOf(logNowMs) },
      )
    },
    async newestVersion(above) {
      const [row] = await rowsOf<[number]>(client, 'SELECT max(version) FROM calls WHERE version > {above: UInt64}', {
        above,
      })
      return Math.max(above, row?.[0] ?? 0)
    },
    settledBy({ above, upTo }, limit, logNowMs) {
      return settledOf(
        `SELECT ${settledColumns} FROM calls FINAL
         WHERE (tenant, at, id) IN (
           SELECT tenant, at, id FROM calls
           WHERE version > {above: UInt64} AND version <= {upTo: UInt64} AND is_deleted = 0 AND state = 'settled'
           ORDER BY cityHash64(id, version) LIMIT {limit: UInt32})
           AND version <= {upTo: UInt64} AND ${settledWhole}`,
        { above, upTo, limit, horizon: horizonOf(logNowMs) },
      )
    },
  }
}

async function unplacedRecords(client: ClickHouseClient, stretch: RecordStretch): Promise<readonly Difference[]> {
  const within = recordsWithin(stretch)
  const strays = await rowsOf<Held>(client, unplacedQuery(within.sql), within.params)
  if (strays.length === 0) return []
  const keys = textKeys(strays.map(([tenant, member]) => [tenant, member]))
  const others = await rowsOf<Held>(client, holdersQuery(`(tenant, id) IN ${keys}`, `(tenant, member) IN ${keys}`))
  return [...heldBy([...strays, ...others]).values()].map((records) =>
    records.length > 1 ? sharedBy(records) : { ...sharedBy(records), kind: 'unplaced_record' },
  )
}

const memberOf = ([tenant, id]: Held): MemberKey => ({ tenant, id })

/** By member, each place once. */
function heldBy(held: readonly Held[]): ReadonlyMap<string, readonly Held[]> {
  const places = new Map(held.map((one) => [`${memberText(memberOf(one))}\u0000${one[3]}\u0000${one[2]}`, one]))
  return groupBy([...places.values()], (one) => memberText(memberOf(one)))
}

function sharedBy(records: readonly Held[]): Difference {
  const [tenant = '', id = ''] = records[0] ?? []
  const places = records
    .map(([, , canonical, atMs, version]) => ({ tenant, id, canonical, atMs, version }))
    .sort((a, b) => a.atMs - b.atMs || (a.canonical < b.canonical ? -1 : 1))
  const seen = JSON.stringify(places.map(({ canonical, atMs, version }) => [canonical, atMs, version]))
  return { kind: 'second_record', tenant, id, minutes: [], seen, places }
}
