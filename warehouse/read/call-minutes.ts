import type { ClickHouseClient } from '@clickhouse/client'
import type { MosBand, MosKind } from '#contracts/call-record.ts'
import type { MinutePoint } from '#contracts/warehouse.ts'
import { mosName } from '#quality/e-model-bands.ts'
import { type StreamIdentity, streamKeyOf } from '#quality/streams.ts'
import { rowsOf } from '../client.ts'

type Row = readonly [
  correlationId: string,
  legId: string,
  kind: string,
  direction: string,
  streamId: string,
  observer: string,
  source: string,
  scope: MinutePoint['scope'],
  minuteMs: number,
  measuredMs: number,
  badPackets: number | null,
  expected: number | null,
  jitter: number | null,
  roundTrip: number | null,
  concealed: number | null,
  samples: number | null,
  mos: readonly (readonly [value: number, kind: string, band: string, grounded: number])[],
]

/** A day of one stream and a hundred streams: more is no chart. */
const maxPoints = 20_000

/** Every stream's chart, one point a minute. Division happens here, at read; what is stored are integers. */
export async function readMinutes(
  client: ClickHouseClient,
  tenant: string,
  ids: readonly string[],
): Promise<readonly MinutePoint[]> {
  const rows = await rowsOf<Row>(
    client,
    `SELECT correlation_id, leg_id, kind, direction, stream_id, observer, toString(source), toString(scope), toUnixTimestamp(minute) * 1000, measured_ms,
       greatest(packets_lost, 0) + ifNull(packets_discarded, 0), packets_expected,
       if(jitter_weight_ms = 0, NULL, jitter_tenth_ms_sum / jitter_weight_ms / 10),
       if(round_trip_weight_ms = 0, NULL, round_trip_tenth_ms_sum / round_trip_weight_ms / 10),
       concealed_samples, samples_received,
       arrayMap(m -> (m.hundredth_ms / m.ms / 100, m.kind, m.band, m.grounded),
         arraySlice(arraySort(m -> (-m.grounded, m.kind = 'listening', -m.ms), arrayFilter(m -> m.source = 'computed' AND m.ms > 0, mos)), 1, 1))
     FROM call_minutes FINAL WHERE tenant = {tenant:String} AND correlation_id IN {ids:Array(String)} AND row_count > 0 AND measured_ms > 0
     ORDER BY minute, correlation_id, leg_id, kind, direction, stream_id, observer, source, scope LIMIT {maxPoints:UInt32}`,
    { tenant, ids, maxPoints },
  )
  return rows.map(pointOf)
}

function pointOf(row: Row): MinutePoint {
  const [
    ,
    legId,
    kind,
    direction,
    streamId,
    observer,
    source,
    scope,
    minuteMs,
    measuredMs,
    bad,
    expected,
    jitter,
    roundTrip,
    concealed,
    samples,
    [mos],
  ] = row
  return {
    stream: streamKeyOf({ legId, kind, direction, streamId } as StreamIdentity),
    observer,
    source,
    scope,
    minuteMs,
    measuredMs,
    lossRatio: ratio(bad, expected),
    jitterMs: jitter ?? undefined,
    roundTripMs: roundTrip ?? undefined,
    concealedRatio: ratio(concealed, samples),
    mos: mos?.[0],
    mosName: mos === undefined ? undefined : mosName(mos[1] as MosKind, mos[2] as MosBand),
    grounded: mos === undefined ? undefined : mos[3] === 1,
  }
}

/** Nothing expected, or not known: no ratio. Zero would read as perfect. */
const ratio = (part: number | null, whole: number | null): number | undefined =>
  part === null || whole === null || whole === 0 ? undefined : Math.min(1, part / whole)
