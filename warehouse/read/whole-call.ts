import type { ClickHouseClient } from '@clickhouse/client'
import type { CallRecord } from '#contracts/call-record.ts'
import { type CallTelemetry, type TelemetryScope, telemetryStateOf } from '#contracts/call-telemetry.ts'
import type { TenantScope, WholeCall } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { readActivity } from './call-activity.ts'
import { readMinutes } from './call-minutes.ts'
import { type CallPlace, idsOfTrace, placesOf } from './call-places.ts'
import { momentsParam, momentText } from './conditions.ts'

interface Found {
  readonly record: CallRecord
  readonly asOfMs: number
  readonly version: number
}

const hourMs = 3_600_000
const maxTraces = 256

/** The call that a correlation id, or `trace:<trace id>`, belongs to, with its minutes, logs and spans. */
export async function wholeCall(
  { client, telemetry }: { readonly client: ClickHouseClient; readonly telemetry: CallTelemetry },
  tenant: TenantScope,
  id: string,
): Promise<WholeCall | undefined> {
  const found = await findCall(client, tenant, id)
  if (found === undefined) return undefined
  const { record } = found
  const scope: TelemetryScope = {
    tenant: record.tenant,
    ids: record.correlationIds,
    traceIds: record.traceIds.slice(0, maxTraces),
    // Services log a little before and after, and by clocks of their own. Whole days are read anyway.
    fromMs: record.startedMs - hourMs,
    toMs: Math.max(record.endedMs ?? 0, found.asOfMs, lastEventMs(record)) + hourMs,
  }
  const [minutes, logs, spans, activity] = await Promise.all([
    readMinutes(client, record.tenant, record.correlationIds),
    telemetry.logs(scope),
    telemetry.spans(scope),
    readActivity(client, scope),
  ])
  const state = telemetryStateOf(logs, spans)
  return { ...found, minutes, logs: logs.rows, spans: spans.rows, activity, telemetry: state }
}

/** The record that a correlation id, or `trace:<trace id>`, belongs to. */
export async function findCall(client: ClickHouseClient, tenant: TenantScope, id: string): Promise<Found | undefined> {
  const traced = id.startsWith('trace:')
    ? await idsOfTrace(client, tenant, id.slice('trace:'.length).toLowerCase())
    : []
  // What no call carries as a trace may be the id of one, which somebody has named so.
  const ids = traced.length === 0 ? [id] : traced
  const places = await placesOf(client, tenant, ids)
  return places.length === 0 ? undefined : recordAt(client, places, ids)
}

const lastEventMs = ({ events, streams }: CallRecord): number =>
  Math.max(0, events.at(-1)?.atMs ?? 0, ...streams.map(({ toMs }) => toMs))

/** The living record among the places; with several tenants (administrators only) the one written last. */
async function recordAt(
  client: ClickHouseClient,
  places: readonly CallPlace[],
  ids: readonly string[],
): Promise<Found | undefined> {
  const rows = await rowsOf<[string, number, number]>(
    client,
    `SELECT record, toUnixTimestamp64Milli(as_of), version FROM calls FINAL
     WHERE tenant IN {tenants:Array(String)} AND at IN ${momentsParam('ats')}
       AND id IN {canonicals:Array(String)} AND is_deleted = 0 AND hasAny(members, {ids:Array(String)})
     ORDER BY version DESC LIMIT 1`,
    {
      tenants: [...new Set(places.map(({ tenant }) => tenant))],
      ats: [...new Set(places.map(({ atMs }) => momentText(atMs)))],
      canonicals: [...new Set(places.map(({ canonical }) => canonical))],
      ids,
    },
  )
  const [row] = rows
  return row === undefined ? undefined : { record: JSON.parse(row[0]) as CallRecord, asOfMs: row[1], version: row[2] }
}
