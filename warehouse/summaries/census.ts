import type { ClickHouseClient } from '@clickhouse/client'
import type { Change } from '#contracts/changes.ts'
import { shardOf } from '#contracts/sharding.ts'
import { rowsOf } from '../client.ts'

/** Slices that raw is counted in, so that memory stays bounded. */
const slices = 32

/**
 * Everything that raw holds of the shards asked for, as changes, from a slice on: what a group announces whose committed
 * offsets are lost. A correlation id is always in the same slice. Shards are computed here, in TypeScript, never in SQL.
 */
export async function* takeCensusFrom(
  client: ClickHouseClient,
  owns: (shard: number) => boolean,
  fromSlice: number,
): AsyncGenerator<{ readonly changes: readonly Change[]; readonly nextSlice: number }> {
  for (let slice = fromSlice; slice < slices; slice++) {
    const rows = await rowsOf<[string, string, number[], number]>(client, sliceQuery, { slices, slice })
    const changes = rows
      .filter(([tenant, id]) => owns(shardOf(tenant, id)))
      .map(([tenant, id, minutes, cumulative]): Change => {
        return { tenant, id, minutes, rescore: false, cumulative: cumulative > 0, urgency: 'now', worst: 0 }
      })
    yield { changes, nextSlice: slice + 1 }
  }
}

/** All of it. */
export async function* takeCensus(
  client: ClickHouseClient,
  owns: (shard: number) => boolean,
): AsyncGenerator<readonly Change[]> {
  for await (const { changes } of takeCensusFrom(client, owns, 0)) if (changes.length > 0) yield changes
}

/** True while nothing that calls are made of has ever been stored. */
export async function isRawEmpty(client: ClickHouseClient): Promise<boolean> {
  const tables = ['quality_samples', 'call_events', 'cdr_records']
  const rows = await rowsOf(client, tables.map((table) => `(SELECT 1 FROM ${table} LIMIT 1)`).join(' UNION ALL '))
  return rows.length === 0
}

const inSlice = 'cityHash64(correlation_id) % {slices: UInt32} = {slice: UInt32}'

const sliceQuery = `
  SELECT tenant, correlation_id, arraySort(arrayDistinct(arrayFlatten(groupArray(minutes)))) AS all_minutes, max(cumulative)
  FROM (
    SELECT toString(tenant) AS tenant, correlation_id, groupUniqArray(toUInt32(intDiv(toUnixTimestamp(minute), 60))) AS minutes,
      toUInt8(max(scope = 'cumulative')) AS cumulative
    FROM quality_samples WHERE ${inSlice} GROUP BY tenant, correlation_id
    UNION ALL
    SELECT DISTINCT toString(tenant), correlation_id, CAST([], 'Array(UInt32)'), toUInt8(0) FROM call_events WHERE ${inSlice}
    UNION ALL
    SELECT DISTINCT toString(tenant), correlation_id, CAST([], 'Array(UInt32)'), toUInt8(0) FROM cdr_records WHERE ${inSlice}
  )
  GROUP BY tenant, correlation_id`
