import type { ClickHouseClient } from '@clickhouse/client'
import type { Difference, MinuteAudit } from '#contracts/audit.ts'
import { rowsOf } from '../client.ts'
import { freezeAheadMs } from '../summaries/minute-keys.ts'
import { idsWithin, timeWithin } from './stretches.ts'

/** Differences reported by one look; more than this is a disaster that need not be listed whole. */
export const maxDifferences = 10_000

const identity = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope'

/** Minutes against raw, row by row; those that agree are summed up in the row without a tenant, which is always the first. */
const minutesQuery = (where: string) => `
  SELECT if(differs, toString(tenant), '') AS of_tenant, if(differs, correlation_id, '') AS of_id,
    arraySort(groupUniqArrayIf(toUInt32(intDiv(toUnixTimestamp(minute), 60)), differs)),
    toString(arraySort(groupArrayIf((toString(minute), leg_id, toString(kind), toString(direction), stream_id, observer, raw_rows, raw_sum, made_rows, made_sum, made_version), differs))),
    sum(raw_rows), sum(made_rows)
  FROM (
    SELECT ${identity}, sum(raw_rows_) AS raw_rows, sum(raw_sum_) AS raw_sum, sum(made_rows_) AS made_rows,
      sum(made_sum_) AS made_sum, max(made_version_) AS made_version,
      (raw_rows != made_rows OR raw_sum != made_sum) AND min(until_) > {horizon: UInt32} AS differs
    FROM (
      SELECT ${identity}, count() AS raw_rows_, sum(toUInt64(checksum)) AS raw_sum_, toUInt64(0) AS made_rows_,
        toUInt64(0) AS made_sum_, toUInt64(0) AS made_version_, min(toUnixTimestamp(expires_at)) AS until_
      FROM quality_samples FINAL WHERE ${where} GROUP BY ${identity}
      UNION ALL
      SELECT ${identity}, toUInt64(0), toUInt64(0), toUInt64(row_count), checksum_sum, version, toUnixTimestamp(raw_until)
      FROM call_minutes FINAL WHERE ${where}
    )
    GROUP BY ${identity}
  )
  GROUP BY of_tenant, of_id ORDER BY of_tenant, of_id LIMIT ${maxDifferences + 1}`

/** Ids without those that live records hold which stand where the ids' places say. */
const unrecordedQuery = (minutes: string, events: string, places: string) => `
  WITH ids AS (
    SELECT tenant, correlation_id FROM call_minutes FINAL WHERE ${minutes} AND row_count > 0
    UNION DISTINCT
    SELECT tenant, correlation_id FROM call_events WHERE ${events}
  )
  SELECT toString(tenant), correlation_id FROM ids WHERE (tenant, correlation_id) NOT IN (
    SELECT tenant, arrayJoin(members) FROM calls FINAL WHERE is_deleted = 0 AND (tenant, at, id) IN (
      SELECT tenant, at, canonical FROM call_keys WHERE canonical != '' AND ${places}))
  LIMIT ${maxDifferences}`

export function createMinuteAudit(client: ClickHouseClient): MinuteAudit {
  return {
    async rawDays() {
      const rows = await rowsOf<[number]>(
        client,
        'SELECT toUnixTimestamp(toDateTime(toDate(minute) AS day)) FROM quality_samples GROUP BY day ORDER BY day',
      )
      return rows.map(([seconds]) => seconds * 1_000)
    },
    async minutesEnd(window, rows) {
      const ids = idsWithin(window, 'correlation_id')
      const time = timeWithin('minute', window)
      const [last] = await rowsOf<[string, string]>(
        client,
        `SELECT toString(tenant), correlation_id FROM call_minutes WHERE ${ids.sql} AND ${time.sql}
         ORDER BY tenant, correlation_id LIMIT 1 OFFSET {rows: UInt32}`,
        { ...ids.params, ...time.params, rows },
      )
      return last === undefined ? undefined : { tenant: last[0], id: last[1] }
    },
    async minutes(window, logNowMs) {
      const ids = idsWithin(window, 'correlation_id')
      const time = timeWithin('minute', window)
      const rows = await rowsOf<[string, string, number[], string, number, number]>(
        client,
        minutesQuery(`${time.sql} AND ${ids.sql}`),
        { ...ids.params, ...time.params, horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
      )
      return {
        rawRows: rows.reduce((sum, row) => sum + row[4], 0),
        countedRows: rows.reduce((sum, row) => sum + row[5], 0),
        differences: rows
          .filter(([tenant]) => tenant !== '')
          .map(
            ([tenant, id, minutes, seen]): Difference => ({ kind: 'minute', tenant, id, minutes, seen, places: [] }),
          ),
      }
    },
    async unrecorded(window) {
      const ids = idsWithin(window, 'correlation_id')
      const minutes = timeWithin('minute', window)
      const events = timeWithin('time', window)
      // The ids of a time lie anywhere among the places; those of a stretch beside each other.
      const places =
        window.fromMs === undefined
          ? idsWithin(window, 'id').sql
          : '(tenant, id) IN (SELECT tenant, correlation_id FROM ids)'
      const rows = await rowsOf<[string, string]>(
        client,
        unrecordedQuery(`${ids.sql} AND ${minutes.sql}`, `${ids.sql} AND ${events.sql}`, places),
        { ...ids.params, ...minutes.params },
      )
      return rows.map(([tenant, id]): Difference => {
        return { kind: 'missing_record', tenant, id, minutes: [], seen: 'no live record', places: [] }
      })
    },
  }
}
