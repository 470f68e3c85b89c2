import type { ClickHouseClient } from '@clickhouse/client'
import type { AuditReader, Difference, SettledCall } from '#contracts/audit.ts'
import { rowsOf } from '../client.ts'
import { freezeAheadMs } from '../summaries/minute-keys.ts'

/** Differences reported by one look; more than this is a disaster that need not be listed whole. */
const maxDifferences = 10_000

const identity = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope'
const inWindow = 'minute >= toDateTime({from: UInt32}) AND minute < toDateTime({to: UInt32})'

const minutesQuery = `
  SELECT tenant, correlation_id, arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp(minute), 60)))),
    toString(arraySort(groupArray((toString(minute), leg_id, toString(kind), toString(direction), stream_id, observer, raw_rows, raw_sum, made_rows, made_sum, made_version))))
  FROM (
    SELECT ${identity}, sum(raw_rows_) AS raw_rows, sum(raw_sum_) AS raw_sum, sum(made_rows_) AS made_rows,
      sum(made_sum_) AS made_sum, max(made_version_) AS made_version, min(until_) AS until
    FROM (
      SELECT ${identity}, count() AS raw_rows_, sum(toUInt64(checksum)) AS raw_sum_, toUInt64(0) AS made_rows_,
        toUInt64(0) AS made_sum_, toUInt64(0) AS made_version_, min(toUnixTimestamp(expires_at)) AS until_
      FROM quality_samples FINAL WHERE ${inWindow} GROUP BY ${identity}
      UNION ALL
      SELECT ${identity}, toUInt64(0), toUInt64(0), toUInt64(row_count), checksum_sum, version, toUnixTimestamp(raw_until)
      FROM call_minutes FINAL WHERE ${inWindow}
    )
    GROUP BY ${identity}
    HAVING (raw_rows != made_rows OR raw_sum != made_sum) AND until > {horizon: UInt32}
  )
  GROUP BY tenant, correlation_id LIMIT ${maxDifferences}`

const liveMembers = 'SELECT tenant, id, at, version, arrayJoin(members) AS member FROM calls FINAL WHERE is_deleted = 0'

const missingQuery = `
  SELECT DISTINCT tenant, correlation_id FROM (
    SELECT tenant, correlation_id FROM call_minutes FINAL WHERE ${inWindow} AND row_count > 0
    UNION ALL
    SELECT tenant, correlation_id FROM call_events WHERE time >= toDateTime({from: UInt32}) AND time < toDateTime({to: UInt32})
  )
  WHERE (tenant, correlation_id) NOT IN (SELECT tenant, member FROM (${liveMembers})) LIMIT ${maxDifferences}`

const secondQuery = `
  SELECT tenant, member, arraySort(groupArray((id, toUnixTimestamp64Milli(at), version))) FROM (${liveMembers})
  GROUP BY tenant, member HAVING count() > 1 LIMIT ${maxDifferences}`

/** Looks at what is stored from the other side: does the derived follow from raw? */
export function createAuditReader(client: ClickHouseClient): AuditReader {
  return {
    async minutes(fromMs, toMs, logNowMs) {
      const rows = await rowsOf<[string, string, number[], string]>(client, minutesQuery, {
        ...seconds(fromMs, toMs),
        horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000),
      })
      return rows.map(([tenant, id, minutes, seen]): Difference => {
        return { kind: 'minute', tenant, id, minutes, seen, places: [] }
      })
    },
    async rows(fromMs, toMs) {
      const [row] = await rowsOf<[number, number]>(
        client,
        `SELECT (SELECT count() FROM quality_samples FINAL WHERE ${inWindow}), (SELECT sum(row_count) FROM call_minutes FINAL WHERE ${inWindow})`,
        seconds(fromMs, toMs),
      )
      return { raw: Number(row?.[0] ?? 0), counted: Number(row?.[1] ?? 0) }
    },
    async records(fromMs, toMs) {
      const missing = await rowsOf<[string, string]>(client, missingQuery, seconds(fromMs, toMs))
      const second = await rowsOf<[string, string, [string, number, number][]]>(client, secondQuery)
      return [
        ...missing.map(([tenant, id]): Difference => {
          return { kind: 'missing_record', tenant, id, minutes: [], seen: 'no live record', places: [] }
        }),
        ...second.map(([tenant, id, live]): Difference => {
          const places = live.map(([canonical, atMs, version]) => ({ tenant, id, canonical, atMs, version }))
          return { kind: 'second_record', tenant, id, minutes: [], seen: JSON.stringify(live), places }
        }),
      ]
    },
    async settled(fromMs, toMs, limit, logNowMs) {
      const rows = await rowsOf<[string, string, number, number, string]>(
        client,
        `SELECT tenant, id, version, toUnixTimestamp64Milli(as_of), record FROM calls FINAL
         WHERE at >= fromUnixTimestamp64Milli({fromMs: Int64}) AND at < fromUnixTimestamp64Milli({toMs: Int64})
           AND is_deleted = 0 AND state = 'settled' AND unclassified != 'not_computed'
           AND (raw_until = 0 OR toUnixTimestamp(raw_until) > {horizon: UInt32})
         ORDER BY cityHash64(id, {logNow: Int64}) LIMIT {limit: UInt32}`,
        { fromMs, toMs, limit, logNow: logNowMs, horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
      )
      return rows.map(([tenant, id, version, asOfMs, record]): SettledCall => ({ tenant, id, version, asOfMs, record }))
    },
  }
}

const seconds = (fromMs: number, toMs: number) => ({ from: Math.floor(fromMs / 1_000), to: Math.ceil(toMs / 1_000) })
