import type { ClickHouseClient } from '@clickhouse/client'
import { shardOf } from '#contracts/sharding.ts'
import { run } from '../client.ts'
import { keyList } from '../literal.ts'
import type { DirtyKey } from './minute-keys.ts'

/** Keys of the minutes asked for, as the right side of `(minute, tenant, correlation_id) IN`. */
export const askedKeys = '(SELECT minute, tenant, correlation_id FROM asked_minutes)'
/** Those asked for as minutes of running counters. */
export const askedCounted = '(SELECT minute, tenant, correlation_id FROM asked_minutes WHERE cumulative = 1)'
/** The same and the minute before each, which they look back at. */
export const askedCountedAndBefore = `(SELECT arrayJoin([minute, minute - INTERVAL 1 MINUTE]), tenant, correlation_id
  FROM asked_minutes WHERE cumulative = 1)`
/** Ids asked for, as the right side of `(tenant, correlation_id) IN`. */
export const askedIds = '(SELECT tenant, correlation_id FROM asked_minutes)'
/** The shard of each id asked for. */
export const askedShards =
  '(SELECT tenant, correlation_id, any(shard) AS shard FROM asked_minutes GROUP BY tenant, correlation_id)'

/**
 * Lays the minutes that the next statements of this connection are about into a temporary table of the connection. In the
 * text of a statement with a dozen nested subqueries, a megabyte of keys is copied and compared at each of them: that took
 * twice as long as reading and scoring the samples.
 */
export async function askMinutes(client: ClickHouseClient, keys: readonly DirtyKey[]): Promise<void> {
  await run(
    client,
    `CREATE TEMPORARY TABLE IF NOT EXISTS asked_minutes
     (minute DateTime, tenant String, correlation_id String, shard UInt8, cumulative UInt8) ENGINE = Memory`,
  )
  await run(client, 'TRUNCATE TABLE asked_minutes')
  const rows = keys.map(
    ({ tenant, id, minuteSeconds, cumulative }) =>
      [minuteSeconds, tenant, id, shardOf(tenant, id), cumulative ? 1 : 0] as const,
  )
  await run(
    client,
    `INSERT INTO asked_minutes SELECT * FROM ${keyList(['DateTime', 'String', 'String', 'Int64', 'Int64'], rows)}`,
  )
}
