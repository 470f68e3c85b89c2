import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf } from '../client.ts'

/**
 * How far behind its own next change an open record may be and still count. A record that is open says when it changes by
 * itself, which lies ahead of its tenant's watermark: one that is a day behind is not looked after by anybody.
 */
const overdueMs = 86_400_000

/**
 * Calls whose record is open, of these shards by tenant, however long ago they began. Candidates come from every stored version, by the
 * minmax index on next_due; FINAL then looks at those places alone.
 */
export async function countOpenCalls(
  client: ClickHouseClient,
  logNowMs: number,
  shards: readonly number[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsOf<[string, number]>(
    client,
    `SELECT tenant, count() FROM calls FINAL
     WHERE (tenant, at, id) IN (
         SELECT tenant, at, id FROM calls
         WHERE next_due > fromUnixTimestamp64Milli({since: Int64}) AND state = 'open' AND is_deleted = 0)
       AND state = 'open' AND is_deleted = 0 AND shard IN {shards: Array(UInt8)}
     GROUP BY tenant`,
    { since: logNowMs - overdueMs, shards: [...shards] },
  )
  return new Map(rows)
}
