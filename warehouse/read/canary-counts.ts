import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf } from '../client.ts'

/** Raw rows under these correlation ids, each identity once for every row that stands, and live records by id. */
export async function countFacts(client: ClickHouseClient, tenant: string, ids: readonly string[]) {
  const params = { tenant, ids: [...ids] }
  const count = async (table: string): Promise<number> => {
    const rows = await rowsOf<[number]>(
      client,
      `SELECT count() FROM ${table} FINAL WHERE tenant = {tenant: String} AND correlation_id IN {ids: Array(String)}`,
      params,
    )
    return rows[0]?.[0] ?? 0
  }
  const live = await rowsOf<[string, number]>(
    client,
    `SELECT member, count() FROM (
       SELECT arrayJoin(members) AS member FROM calls FINAL
       WHERE tenant = {tenant: String} AND is_deleted = 0 AND hasAny(members, {ids: Array(String)}))
     GROUP BY member`,
    params,
  )
  return {
    samples: await count('quality_samples'),
    callEvents: await count('call_events'),
    cdrEvents: await count('cdr_records'),
    records: new Map(live),
  }
}
