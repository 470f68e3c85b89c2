import type { ClickHouseClient } from '@clickhouse/client'
import type { TenantScope } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { ofTenants, when, whereOf } from './conditions.ts'

/** Where a call with some member may stand in `calls`. */
export interface CallPlace {
  readonly tenant: string
  readonly canonical: string
  readonly atMs: number
}

/** Calls that took in and gave up members many times have many places; the latest are the ones that can hold a record. */
const maxPlaces = 1_000

/** Every place that a record with one of these members was ever meant for, the latest first. */
export async function placesOf(
  client: ClickHouseClient,
  tenant: TenantScope,
  ids: readonly string[],
): Promise<readonly CallPlace[]> {
  const conditions = when(ofTenants(tenant), 'id IN {ids:Array(String)}', {
    ids,
  })
  const rows = await rowsOf<[string, string, number]>(
    client,
    `SELECT tenant, canonical, toUnixTimestamp64Milli(at) AS at_ms FROM call_keys WHERE ${whereOf(conditions)}
     GROUP BY tenant, canonical, at_ms ORDER BY max(version) DESC LIMIT {maxPlaces:UInt32}`,
    { ...conditions.params, maxPlaces },
  )
  return rows.map(([owner, canonical, atMs]) => ({ tenant: owner, canonical, atMs }))
}

/** Most correlation ids that one trace is asked for: it names a call, or a few that links have not joined. */
const maxTraced = 64

/** Correlation ids that were seen under a trace id. */
export async function idsOfTrace(
  client: ClickHouseClient,
  tenant: TenantScope,
  traceId: string,
): Promise<readonly string[]> {
  const conditions = when(ofTenants(tenant), 'node = {node:String}', {
    node: `trace_id:${traceId}`,
  })
  const rows = await rowsOf<[string]>(
    client,
    `SELECT DISTINCT substring(other, 4) FROM call_links WHERE ${whereOf(conditions)} AND startsWith(other, 'id:') LIMIT {maxTraced:UInt32}`,
    { ...conditions.params, maxTraced },
  )
  return rows.map(([id]) => id)
}
