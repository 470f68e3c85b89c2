import type { ClickHouseClient } from '@clickhouse/client'
import type { DueReader } from '#contracts/summaries.ts'
import { rowsOf } from '../client.ts'

/**
 * Records that change by themselves at or before their tenant's watermark. Candidates come from every stored version, by
 * the minmax index on next_due; FINAL then looks at those places alone, so that superseded versions do not count.
 */
export function createDueReader(client: ClickHouseClient): DueReader {
  return {
    async due(shards, watermarks, limit) {
      const others = watermarks.get('*') ?? 0
      const tenants = [...watermarks.keys()].filter((tenant) => tenant !== '*')
      const rows = await rowsOf<[string, string]>(
        client,
        `WITH transform(toString(tenant), {tenants: Array(String)}, {marks: Array(Int64)}, {others: Int64}) AS mark
         SELECT tenant, id FROM calls FINAL
         WHERE (tenant, at, id) IN (
             SELECT tenant, at, id FROM calls
             WHERE next_due > 0 AND next_due <= fromUnixTimestamp64Milli({latest: Int64}) AND shard IN {shards: Array(UInt8)}
               AND is_deleted = 0)
           AND is_deleted = 0 AND next_due > 0 AND toUnixTimestamp64Milli(next_due) <= mark
         LIMIT {limit: UInt32}`,
        {
          // transform() refuses empty lists; no tenant is called "*".
          tenants: [...tenants, '*'],
          marks: [...tenants.map((tenant) => watermarks.get(tenant) ?? 0), others],
          others,
          latest: Math.max(others, ...watermarks.values()),
          shards,
          limit,
        },
      )
      return rows.map(([tenant, id]) => ({ tenant, id }))
    },
    async judgedAhead(shards, presentMs, limit) {
      const rows = await rowsOf<[string, string]>(
        client,
        `SELECT tenant, id FROM calls FINAL
         WHERE (tenant, at, id) IN (
             SELECT tenant, at, id FROM calls
             WHERE as_of > fromUnixTimestamp64Milli({present: Int64}) AND shard IN {shards: Array(UInt8)} AND is_deleted = 0)
           AND is_deleted = 0 AND as_of > fromUnixTimestamp64Milli({present: Int64})
         LIMIT {limit: UInt32}`,
        { present: presentMs, shards, limit },
      )
      return rows.map(([tenant, id]) => ({ tenant, id }))
    },
  }
}
