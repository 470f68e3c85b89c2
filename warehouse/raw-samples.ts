import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf } from './client.ts'

/** The key of a sample as it was before its source and its scope were a part of it (migration 0012), and its content. */
const oldIdentity = `minute, tenant, correlation_id, leg_id, kind, direction, stream_id, observer, interval_end, sequence,
    toString(scope), checksum`

/**
 * Samples that fulfil a condition over columns of the key, each identity once, as the right side of FROM. Where there may
 * be rows that were stored before samples had a source, one of them that was delivered again, and so is stored under its
 * new identity too, is left out: the new row has the same old key and the same content.
 */
export const samplesWhere = (condition: string, mayBeOld: boolean): string =>
  mayBeOld
    ? `(SELECT * FROM quality_samples FINAL WHERE ${condition} AND (source != '' OR (${oldIdentity}) NOT IN (
      SELECT ${oldIdentity} FROM quality_samples WHERE ${condition} AND source != '')))`
    : `(SELECT * FROM quality_samples FINAL WHERE ${condition})`

/** Another worker of the version before may still write such rows while a cluster is being upgraded. */
const lookAgainMs = 600_000

const known = new WeakMap<ClickHouseClient, { readonly atMs: number; readonly found: Promise<boolean> }>()

/** Whether raw holds samples that were stored before they had a source. Asked of the warehouse every ten minutes at most. */
export function holdsOldSamples(client: ClickHouseClient): Promise<boolean> {
  const nowMs = performance.now()
  const last = known.get(client)
  if (last !== undefined && nowMs - last.atMs < lookAgainMs) return last.found
  const found = rowsOf(client, `SELECT 1 FROM quality_samples WHERE source = '' LIMIT 1`).then(
    (rows) => rows.length > 0,
  )
  known.set(client, { atMs: nowMs, found })
  // What could not be asked is asked again at the next call.
  found.catch(() => known.delete(client))
  return found
}
