import type { ClickHouseClient } from '@clickhouse/client'
import { shardOf } from '#contracts/sharding.ts'
import type { CallRow, CallWriter, MemberKey, Place } from '#contracts/summaries.ts'
import { insertRows, rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'

/** `calls` and `call_keys`. The caller keeps the order: places, look back, then records and tombstones in one insert. */
export function createCallWriter(client: ClickHouseClient): CallWriter {
  return {
    async appendPlaces(places) {
      const values = places.map(({ tenant, id, canonical, atMs, version }) => ({
        tenant,
        id,
        canonical,
        at: atMs,
        version,
      }))
      await insertRows(client, 'call_keys', values)
    },
    places: (members) => readPlaces(client, members),
    async write(rows, tombstones) {
      await insertRows(client, 'calls', [...rows.map(columnsOf), ...tombstones.map(tombstoneOf)])
    },
  }
}

async function readPlaces(client: ClickHouseClient, members: readonly MemberKey[]): Promise<readonly Place[]> {
  if (members.length === 0) return []
  const rows = await rowsOf<[string, string, string, number, number]>(
    client,
    `SELECT tenant, id, canonical, toUnixTimestamp64Milli(at) AS at_ms, max(version) FROM call_keys
     WHERE (tenant, id) IN ${textKeys(members.map(({ tenant, id }) => [tenant, id]))}
     GROUP BY tenant, id, canonical, at_ms`,
  )
  return rows.map(([tenant, id, canonical, atMs, version]) => ({ tenant, id, canonical, atMs, version }))
}

const tombstoneOf = ({ tenant, canonical, atMs, version }: Place) => ({
  tenant,
  at: atMs,
  id: canonical,
  version,
  is_deleted: 1,
  shard: shardOf(tenant, canonical),
})

const hundredths = (value: number): number => Math.floor(100 * value + 0.5)

function columnsOf({ record, kept, version, shard, asOfMs, nextDueMs, rawUntilMs, computedAtMs }: CallRow) {
  const { verdict, worstMos } = record
  return {
    tenant: record.tenant,
    at: record.startedMs,
    id: record.id,
    version,
    is_deleted: 0,
    shard,
    state: record.state,
    class: verdict.class,
    unclassified: verdict.unclassified ?? '',
    disposition: record.disposition,
    answered_at: record.answeredMs ?? null,
    ended_at: record.endedMs ?? null,
    talk_ms: record.talkMs ?? null,
    setup_ms: record.setupMs ?? null,
    conference: record.conference ? 1 : 0,
    direction: record.direction ?? '',
    from_party: record.from ?? '',
    to_party: record.to ?? '',
    carrier: record.carrier ?? '',
    gateway: record.gateway ?? '',
    route: record.route ?? '',
    region: record.region ?? '',
    codec: record.codec ?? '',
    sip_code: record.sipCode ?? 0,
    worst_mos_hundredths: worstMos === undefined ? 0 : hundredths(worstMos.value),
    worst_mos_name: worstMos?.name ?? '',
    reasons: verdict.reasons.map(({ text }) => text),
    findings: [...new Set(verdict.findings.map(({ type }) => type))],
    fault: verdict.fault?.domain ?? '',
    fault_confidence_hundredths: hundredths(verdict.fault?.confidence ?? 0),
    members: record.correlationIds,
    event_count: record.eventCount,
    evidence_count: record.evidenceCount,
    stream_count: record.streams.length,
    as_of: Math.max(0, asOfMs),
    next_due: nextDueMs ?? 0,
    raw_until: rawUntilMs === undefined ? 0 : Math.floor(rawUntilMs / 1_000),
    computed_at: computedAtMs,
    record: JSON.stringify(record),
    kept: JSON.stringify(kept),
    formula_version: record.formulaVersion,
    profile_version: record.profileVersion,
  }
}
