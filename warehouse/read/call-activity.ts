import type { ClickHouseClient } from '@clickhouse/client'
import type { TelemetryScope } from '#contracts/call-telemetry.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { momentOf } from './conditions.ts'

/** More than anybody reads; `sql` finds the rest. */
const maxEvents = 500

type Row = readonly [
  correlationId: string,
  source: string,
  id: string,
  atMs: number,
  type: string,
  subject: string,
  status: string,
  delayMs: number | null,
  sizeBytes: number | null,
]

/** Chat and presence that name a call, in order of time, each once; in the shape of its own events. */
export async function readActivity(client: ClickHouseClient, scope: TelemetryScope): Promise<WholeCall['activity']> {
  const { tenant, ids, fromMs, toMs } = scope
  // Of equal ids the greatest checksum stands, as in the table once it is merged; FINAL would not use the index by call.
  const rows = await rowsOf<Row>(
    client,
    `SELECT correlation_id, source, id, toUnixTimestamp64Milli(time), type, subject, status, delay_ms, size_bytes
     FROM (
       SELECT * FROM activity_events
       WHERE tenant = {tenant:String} AND correlation_id IN {ids:Array(String)}
         AND time >= ${momentOf('fromMs')} AND time <= ${momentOf('toMs')}
       ORDER BY checksum DESC LIMIT 1 BY source, id)
     ORDER BY time, source, id LIMIT {maxEvents:UInt32}`,
    { tenant, ids, fromMs, toMs, maxEvents },
  )
  return rows.map(([correlationId, source, id, atMs, type, subject, status, delayMs, sizeBytes]) => ({
    ...{ correlationId, source, id, atMs, type },
    data: {
      ...(subject === '' ? {} : { user_id: subject }),
      ...(status === '' ? {} : { status }),
      ...(delayMs === null ? {} : { delay_ms: delayMs }),
      ...(sizeBytes === null ? {} : { size_bytes: sizeBytes }),
    },
  }))
}
