import type { ClickHouseClient } from '@clickhouse/client'
import type { MediaDirection, MediaKind } from '#contracts/call-record.ts'
import type { MeasuredInterval } from '#quality/score-interval.ts'
import { rowsOf } from '../client.ts'
import { cumulativeSamples, intervalSamples, withEventContext } from '../summaries/minutes-sql.ts'

/** An interval as it lies in raw, with the codec in force. */
export interface SampleRow {
  readonly correlationId: string
  readonly legId: string
  readonly kind: MediaKind
  readonly direction: MediaDirection
  readonly streamId: string
  readonly observer: string
  readonly source: string
  readonly scope: 'interval' | 'cumulative' | 'call'
  readonly endMs: number
  readonly lengthMs: number
  readonly measured: MeasuredInterval
}

type Known = number | null

type Columns = readonly [
  ...stream: [string, string, MediaKind, MediaDirection, string, string, string, SampleRow['scope']],
  ...interval: [endMs: number, ms: number, codec: string, early: number],
  ...measured: [Known, Known, Known, Known, Known, Known, Known, Known, Known, Known, Known, Known],
]

const measures = [
  ...['packets_received', 'packets_lost', 'packets_discarded'],
  ...['jitter_tenth_ms', 'round_trip_tenth_ms', 'one_way_delay_tenth_ms', 'jitter_buffer_tenth_ms'],
  ...['concealed_samples', 'silent_concealed_samples', 'samples_received', 'burst_ratio_hundredths', 'frames_decoded'],
]

/** Minutes that the call has raw of, as its summary knows them: raw is ordered by minute, and found by nothing else. */
const keys = `(SELECT minute, tenant, correlation_id FROM call_minutes
  WHERE tenant = {tenant:String} AND correlation_id IN {ids:Array(String)} AND row_count > 0)`
const keysAndBefore = `(SELECT arrayJoin([minute, minute - INTERVAL 1 MINUTE]), tenant, correlation_id FROM call_minutes
  WHERE tenant = {tenant:String} AND correlation_id IN {ids:Array(String)} AND row_count > 0)`
const ids = '(SELECT {tenant:String}, arrayJoin({ids:Array(String)}))'
/** Which shard makes the minutes is nothing to whoever reads. */
const shards = '(SELECT {tenant:String} AS tenant, arrayJoin({ids:Array(String)}) AS correlation_id, 0 AS shard)'

const columns = [
  ...[
    'correlation_id',
    'leg_id',
    'toString(kind)',
    'toString(direction)',
    'stream_id',
    'toString(observer)',
    'toString(source)',
  ],
  ...['toString(scope)', 'end_ms', 'ms', 'toString(codec)', 'early'],
  ...measures,
]

const common = `${columns.slice(12).join(', ')}`

export interface SampleScope {
  readonly tenant: string
  readonly ids: readonly string[]
  /** There are running counters among them. */
  readonly counters: boolean
  readonly limit: number
}

/** Every measured interval of these correlation ids in order of its end, counters differenced; at most `limit`. What is read of is found by the key before anything else is read. */
export async function readSampleRows(
  client: ClickHouseClient,
  { counters, ...scope }: SampleScope,
): Promise<readonly SampleRow[]> {
  const identity = 'tenant, correlation_id, leg_id, kind, direction, stream_id, observer, source, scope, end_ms, ms'
  const samples = [intervalSamples(true, keys), ...(counters ? [cumulativeSamples(true, keys, keysAndBefore)] : [])]
    .map((query) => `SELECT ${identity}, ${common}, stated_codec FROM (${query})`)
    .join(' UNION ALL ')
  const rows = await rowsOf<Columns>(
    client,
    `SELECT ${columns.join(', ')} FROM (${withEventContext(samples, { ids, shards })})
     WHERE ms > 0 ORDER BY end_ms, correlation_id, leg_id, kind, direction, stream_id, observer, source LIMIT {limit:UInt32}
     SETTINGS optimize_move_to_prewhere_if_final = 1`,
    scope,
  )
  return rows.map(rowOf)
}

function rowOf(columns: Columns): SampleRow {
  const [correlationId, legId, kind, direction, streamId, observer, source, scope, endMs, lengthMs, codec, early] =
    columns
  const [received, lost, discarded, jitter, roundTrip, delay, buffer, concealed, silent, played, burst, frames] =
    columns.slice(12) as Known[]
  return {
    ...{ correlationId, legId, kind, direction, streamId, observer, source, scope, endMs, lengthMs },
    measured: {
      ...{ kind, codec, early: early === 1 },
      ...{ packetsReceived: received ?? undefined, packetsLost: lost ?? undefined },
      ...{ packetsDiscarded: discarded ?? undefined, jitterTenthMs: jitter ?? undefined },
      ...{ roundTripTenthMs: roundTrip ?? undefined, oneWayDelayTenthMs: delay ?? undefined },
      ...{ jitterBufferTenthMs: buffer ?? undefined, concealedSamples: concealed ?? undefined },
      ...{ silentConcealedSamples: silent ?? undefined, samplesReceived: played ?? undefined },
      ...{ burstRatioHundredths: burst ?? undefined, framesDecoded: frames ?? undefined },
    },
  }
}
