import type { ClickHouseClient } from '@clickhouse/client'
import type { CallRecord } from '#contracts/call-record.ts'
import type { KeptFacts, Place, RecomputeContext, StandingCall } from '#contracts/summaries.ts'
import { parseWellFormed } from '#contracts/well-formed.ts'
import { rowsOf } from '../client.ts'
import { keyList } from '../literal.ts'
import { freezeAheadMs, neverFrozenMs } from './minute-keys.ts'

/** Frozen records that stand at these places, with all that they have kept. */
export async function readFrozen(
  client: ClickHouseClient,
  places: readonly Place[],
  { logNowMs }: RecomputeContext,
): Promise<readonly StandingCall[]> {
  const old = places.filter(({ atMs }) => atMs <= logNowMs - neverFrozenMs)
  if (old.length === 0) return []
  const rows = await rowsOf<[string, string, number]>(
    client,
    `SELECT record, kept, toUnixTimestamp(raw_until) FROM calls FINAL
     WHERE (tenant, at, id) IN ${keyList(
       ['String', "DateTime64(3, 'UTC')", 'String'],
       old.map(({ tenant, canonical, atMs }) => [tenant, atMs, canonical]),
     )}
       AND is_deleted = 0 AND raw_until > 0 AND toUnixTimestamp(raw_until) <= {horizon: UInt32}`,
    { horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
  )
  return rows.map(([record, kept, untilSeconds]) => ({
    record: parseWellFormed(record) as CallRecord,
    kept: kept === '' ? undefined : (parseWellFormed(kept) as KeptFacts),
    rawUntilMs: untilSeconds * 1_000,
  }))
}
