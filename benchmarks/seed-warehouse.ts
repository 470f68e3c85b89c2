import type { ClickHouseClient } from '@clickhouse/client'
import { insertRows, run } from '#warehouse/client.ts'
import type { LoadCall } from './load-calls.ts'

/**
 * Rows that would take long to come through the log, laid into raw by SQL, as the `calls` pipeline would have written
 * them. A fresh `summaries` group announces all that raw holds, so everything derived is made by the real recompute.
 */
export interface SampleOrder {
  readonly calls: readonly LoadCall[]
  /** Samples of each of the call's two streams, one interval after another from the answer on. */
  readonly perStream: (call: LoadCall) => number
  readonly intervalMs: number
}

const callsPerInsert = 10_000
const answeredAfterMs = 8_000

export async function seedSamples(client: ClickHouseClient, order: SampleOrder): Promise<number> {
  const packets = Math.round(order.intervalMs / 20)
  let samples = 0
  await withCalls(client, order.calls, order.perStream, async (part) => {
    for (const call of part) samples += 2 * order.perStream(call)
    await run(
      client,
      `INSERT INTO quality_samples (minute, tenant, correlation_id, leg_id, kind, direction, stream_id, observer, interval_end,
         sequence, scope, interval_ms, epoch, codec, packets_received, packets_lost, packets_discarded, bytes_received,
         jitter_tenth_ms, round_trip_tenth_ms, limitation, muted, checksum, expires_at)
       SELECT toStartOfMinute(ends), tenant, id, leg, 'audio', way, '', 'media_server', ends,
         number + 1, 'interval', ${order.intervalMs}, '', codec, ${packets} - lost, lost, noise % 20 = 1, 160 * (${packets} - lost),
         15 + noise % 91, 240 + intDiv(noise, 100) % 301, '', 0, noise % 65536, now() + INTERVAL 30 DAY
       FROM (
         SELECT *, started + INTERVAL ${answeredAfterMs} MILLISECOND + INTERVAL ((number + 1) * ${order.intervalMs}) MILLISECOND AS ends,
           cityHash64(id, way, number) AS noise, if(noise % 20 = 0, 1, 0) AS lost
         FROM (SELECT *, arrayJoin(range(per_stream)) AS number, arrayJoin(['send', 'receive']) AS way FROM bench_calls)
       )`,
    )
  })
  return samples
}

/** Log lines and spans under the calls' ids, so that reading a call has something to find among. */
export async function seedTelemetry(client: ClickHouseClient, calls: readonly LoadCall[], each: number): Promise<void> {
  const times = `started + INTERVAL (number * 1000) MILLISECOND`
  await withCalls(
    client,
    calls,
    () => each,
    async () => {
      await run(
        client,
        `INSERT INTO otel_logs (Timestamp, TraceId, SpanId, SeverityText, SeverityNumber, ServiceName, Body,
           ResourceAttributes, Tenant, CorrelationId, Hash, ExpiresAt)
         SELECT ${times}, '', '', 'INFO', 9, ['call-control', 'routing-engine', 'media-service'][1 + number % 3],
           concat('step ', toString(number), ' done in ', toString(cityHash64(id, number) % 1000), ' ms'),
           map('service.name', 'call-control', 'host.name', concat('node-', toString(cityHash64(id) % 20))),
           tenant, id, lower(hex(sipHash128(id, number))), now() + INTERVAL 30 DAY
         FROM (SELECT *, arrayJoin(range(per_stream)) AS number FROM bench_calls)`,
      )
      await run(
        client,
        `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration, StatusCode,
           Tenant, CorrelationId, Checksum, ExpiresAt)
         SELECT ${times}, lower(hex(sipHash128(id))), lower(hex(cityHash64(id, number))), 'step', 'SPAN_KIND_INTERNAL',
           ['call-control', 'routing-engine', 'media-service'][1 + number % 3], 1000000 * (1 + cityHash64(id, number) % 500),
           'STATUS_CODE_OK', tenant, id, cityHash64(id, number), now() + INTERVAL 30 DAY
         FROM (SELECT *, arrayJoin(range(per_stream)) AS number FROM bench_calls)`,
      )
    },
  )
}

/** Does something with `bench_calls` holding one part of the calls after another. */
async function withCalls(
  client: ClickHouseClient,
  calls: readonly LoadCall[],
  perStream: (call: LoadCall) => number,
  use: (part: readonly LoadCall[]) => Promise<void>,
): Promise<void> {
  await run(
    client,
    `CREATE TABLE bench_calls (tenant String, id String, leg String, codec String, started DateTime64(3, 'UTC'),
       per_stream UInt32) ENGINE = Memory`,
  )
  for (let from = 0; from < calls.length; from += callsPerInsert) {
    const part = calls.slice(from, from + callsPerInsert)
    await run(client, 'TRUNCATE TABLE bench_calls')
    const values = part.map((call) => {
      const { tenant, id, leg, codec, startedMs } = call
      return { tenant, id, leg, codec, started: startedMs, per_stream: perStream(call) }
    })
    await insertRows(client, 'bench_calls', values)
    await use(part)
  }
  await run(client, 'DROP TABLE bench_calls')
}
