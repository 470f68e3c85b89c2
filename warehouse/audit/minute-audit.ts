import type { ClickHouseClient } from '@clickhouse/client'
import type { Difference, LookedMinutes, MinuteAudit, MinuteWindow } from '#contracts/audit.ts'
import { rowsOf } from '../client.ts'
import { holdsOldSamples, samplesWhere } from '../raw-samples.ts'
import { freezeAheadMs } from '../summaries/minute-keys.ts'
import { idsWithin, timeWithin } from './stretches.ts'

/** Differences reported by one look; more than this is a disaster that need not be listed whole. */
export const maxDifferences = 10_000

const identity = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope, source'

/** Minutes against raw, row by row; those that agree are summed up in the row without a tenant, which is always the first. */
const minutesQuery = (raw: string, made: string, mayBeOld: boolean) => `
  SELECT if(differs, toString(tenant), '') AS of_tenant, if(differs, correlation_id, '') AS of_id,
    arraySort(groupUniqArrayIf(toUInt32(intDiv(toUnixTimestamp(minute), 60)), differs)),
    toString(arraySort(groupArrayIf((toString(minute), leg_id, toString(kind), toString(direction), stream_id, observer, toString(source), raw_rows, raw_sum, made_rows, made_sum, made_version), differs))),
    sum(raw_rows), sum(made_rows)
  FROM (
    SELECT ${identity}, sum(raw_rows_) AS raw_rows, sum(raw_sum_) AS raw_sum, sum(made_rows_) AS made_rows,
      sum(made_sum_) AS made_sum, max(made_version_) AS made_version,
      (raw_rows != made_rows OR raw_sum != made_sum) AND min(until_) > {horizon: UInt32} AS differs
    FROM (
      SELECT ${identity}, count() AS raw_rows_, sum(toUInt64(checksum)) AS raw_sum_, toUInt64(0) AS made_rows_,
        toUInt64(0) AS made_sum_, toUInt64(0) AS made_version_, min(toUnixTimestamp(expires_at)) AS until_
      FROM ${samplesWhere(raw, mayBeOld)} GROUP BY ${identity}
      UNION ALL
      SELECT ${identity}, toUInt64(0), toUInt64(0), toUInt64(row_count), checksum_sum, version, toUnixTimestamp(raw_until)
      FROM call_minutes FINAL WHERE ${made}
    )
    GROUP BY ${identity}
  )
  GROUP BY of_tenant, of_id ORDER BY of_tenant, of_id LIMIT ${maxDifferences + 1}`

/** Ids without those that live records hold which stand where the ids' places say. */
const unrecordedQuery = (ids: string, places: string) => `
  WITH ids AS (${ids})
  SELECT toString(tenant), correlation_id FROM ids WHERE (tenant, correlation_id) NOT IN (
    SELECT tenant, arrayJoin(members) FROM calls FINAL WHERE is_deleted = 0 AND (tenant, at, id) IN (
      SELECT tenant, at, canonical FROM call_keys WHERE canonical != '' AND ${places}))
  LIMIT ${maxDifferences}`

interface Where {
  readonly raw: string
  readonly made: string
  readonly params: Readonly<Record<string, string | number>>
}

const sampledIds = (where: string) => `SELECT DISTINCT tenant, correlation_id FROM quality_samples WHERE ${where}`

function whereOf(window: MinuteWindow): { readonly sql: string; readonly params: Where['params'] } {
  const ids = idsWithin(window, 'correlation_id')
  const time = timeWithin('minute', window)
  return { sql: `${time.sql} AND ${ids.sql}`, params: { ...ids.params, ...time.params } }
}

export function createMinuteAudit(client: ClickHouseClient): MinuteAudit {
  return {
    async rawDays() {
      const rows = await rowsOf<[number]>(
        client,
        'SELECT toUnixTimestamp(toDateTime(toDate(minute) AS day)) FROM quality_samples GROUP BY day ORDER BY day',
      )
      return rows.map(([seconds]) => seconds * 1_000)
    },
    sampledEnd(window, ids) {
      const { sql, params } = whereOf(window)
      return lastOf(
        client,
        `SELECT toString(tenant), correlation_id FROM (${sampledIds(sql)}) ORDER BY tenant, correlation_id
         LIMIT 1 OFFSET {ids: UInt32}`,
        { ...params, ids },
      )
    },
    sampled(window, logNowMs) {
      const { sql, params } = whereOf(window)
      const byId = `${timeWithin('minute', window).sql} AND (tenant, correlation_id) IN (${sampledIds(sql)})`
      return lookAt(client, { raw: sql, made: byId, params }, logNowMs)
    },
    sampledUnrecorded(window) {
      const { sql, params } = whereOf(window)
      const places = '(tenant, id) IN (SELECT tenant, correlation_id FROM ids)'
      return missing(client, unrecordedQuery(sampledIds(sql), places), params)
    },
    minutesEnd(window, rows) {
      const { sql, params } = whereOf(window)
      return lastOf(
        client,
        `SELECT toString(tenant), correlation_id FROM call_minutes WHERE ${sql}
         ORDER BY tenant, correlation_id LIMIT 1 OFFSET {rows: UInt32}`,
        { ...params, rows },
      )
    },
    minutes(window, logNowMs) {
      const { sql, params } = whereOf(window)
      return lookAt(client, { raw: sql, made: sql, params }, logNowMs)
    },
    unrecorded(stretch) {
      const { sql, params } = idsWithin(stretch, 'correlation_id')
      const ids = `
        SELECT tenant, correlation_id FROM call_minutes FINAL WHERE ${sql} AND row_count > 0
        UNION DISTINCT
        SELECT tenant, correlation_id FROM call_events WHERE ${sql}`
      return missing(client, unrecordedQuery(ids, idsWithin(stretch, 'id').sql), params)
    },
  }
}

async function lookAt(
  client: ClickHouseClient,
  { raw, made, params }: Where,
  logNowMs: number,
): Promise<LookedMinutes> {
  const rows = await rowsOf<[string, string, number[], string, number, number]>(
    client,
    minutesQuery(raw, made, await holdsOldSamples(client)),
    {
      ...params,
      horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000),
    },
  )
  return {
    rawRows: rows.reduce((sum, row) => sum + row[4], 0),
    countedRows: rows.reduce((sum, row) => sum + row[5], 0),
    differences: rows
      .filter(([tenant]) => tenant !== '')
      .map(([tenant, id, minutes, seen]): Difference => ({ kind: 'minute', tenant, id, minutes, seen, places: [] })),
  }
}

async function missing(
  client: ClickHouseClient,
  query: string,
  params: Where['params'],
): Promise<readonly Difference[]> {
  const rows = await rowsOf<[string, string]>(client, query, params)
  return rows.map(([tenant, id]): Difference => {
    return { kind: 'missing_record', tenant, id, minutes: [], seen: 'no live record', places: [] }
  })
}

async function lastOf(client: ClickHouseClient, query: string, params: Where['params']) {
  const [last] = await rowsOf<[string, string]>(client, query, params)
  return last === undefined ? undefined : { tenant: last[0], id: last[1] }
}
