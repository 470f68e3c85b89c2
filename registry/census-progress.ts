import type { CensusProgress } from '#contracts/registry.ts'
import type { Database } from './database.ts'

const nowMs = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

export function createCensusProgress({ query }: Database): CensusProgress {
  return {
    async reached(shards, believedMs) {
      const rows = await query(
        `SELECT shard, next_slice FROM callscope.census_progress
         WHERE shard = ANY($1::int[]) AND begun_ms > ${nowMs} - $2::bigint`,
        [[...shards], believedMs],
      )
      return new Map(rows.map((row) => [Number(row.shard), Number(row.next_slice)]))
    },
    async note(shards, nextSlice) {
      await query(
        `INSERT INTO callscope.census_progress SELECT shard, $2, ${nowMs} FROM unnest($1::int[]) AS shard
         ON CONFLICT (shard) DO UPDATE SET next_slice = excluded.next_slice,
           begun_ms = CASE WHEN excluded.next_slice <= 1 THEN excluded.begun_ms ELSE census_progress.begun_ms END`,
        [[...shards], nextSlice],
      )
    },
    async forget(shards) {
      await query('DELETE FROM callscope.census_progress WHERE shard = ANY($1::int[])', [[...shards]])
    },
  }
}
