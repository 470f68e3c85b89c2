import type { ClickHouseClient } from '@clickhouse/client'
import { insertRows, rowsOf } from '../client.ts'
import { askedCounted, askedIds, askedKeys } from './asked-minutes.ts'
import type { DirtyKey } from './minute-keys.ts'

/** A row of minutes that stands, and was not made again with the others of its minute. */
export interface LeftRow {
  readonly key: Omit<DirtyKey, 'cumulative'>
  readonly scope: 'interval' | 'cumulative' | 'call'
  /** What it is, without version and figures, as it is inserted. */
  readonly identity: Readonly<Record<string, string | number>>
}

const stream = ['leg_id', 'kind', 'direction', 'stream_id', 'observer'] as const
const view = `tenant, correlation_id, minute, ${stream.join(', ')}`

type LeftColumns = [string, string, number, string, string, string, string, string, [LeftRow['scope'], number, string]]

/**
 * Rows of the minutes asked for (asked-minutes.ts) older than `version`, though all that raw holds of them has just been
 * made at it. Where counters were not asked for, theirs are named only beside a row of the same view that was made. Rows
 * whose raw may have gone by the engine's own clock are never named, whatever the log's time says: what has expired has
 * not lost its place.
 */
export async function leftRows(client: ClickHouseClient, version: number): Promise<readonly LeftRow[]> {
  const rows = await rowsOf<LeftColumns>(
    client,
    `SELECT tenant, correlation_id, toUnixTimestamp(minute), ${stream.map((name) => `toString(${name})`).join(', ')},
       arrayJoin(arrayMap(row -> (row.1, row.3.3, row.4), arrayFilter(
         row -> row.2 < {version: UInt64} AND row.3.1 > 0 AND row.3.2 > now() AND (row.1 != 'cumulative' OR asked), made)))
     FROM (
       SELECT ${view}, groupArray((toString(scope), latest, last, toString(source))) AS made,
         max(latest) = {version: UInt64} OR (minute, tenant, correlation_id) IN ${askedCounted} AS asked
       FROM (
         SELECT ${view}, scope, source, max(version) AS latest, argMax((row_count, raw_until, shard), version) AS last
         FROM call_minutes
         WHERE (minute, tenant, correlation_id) IN ${askedKeys} AND (tenant, correlation_id) IN ${askedIds}
         GROUP BY ${view}, scope, source
       )
       GROUP BY ${view} HAVING min(latest) < {version: UInt64}
     )`,
    { version },
  )
  return rows.map(
    ([tenant, id, minuteSeconds, legId, kind, direction, streamId, observer, [scope, shard, source]]) => ({
      key: { tenant, id, minuteSeconds },
      scope,
      identity: {
        ...{ tenant, correlation_id: id, minute: minuteSeconds, leg_id: legId, kind, direction },
        ...{ stream_id: streamId, observer, scope, source, shard },
      },
    }),
  )
}

/** Rows made of nothing take their places: whoever reads minutes passes over those. */
export const clearRows = (client: ClickHouseClient, rows: readonly LeftRow[], version: number): Promise<void> =>
  insertRows(
    client,
    'call_minutes',
    rows.map(({ identity }) => ({ ...identity, version })),
  )
