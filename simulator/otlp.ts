import type { EpochMs } from '#contracts/call-record.ts'
import type { TelemetryEmission } from './emission.ts'
import type { JsonObject, SimulatedMessage } from './message.ts'

/** OTLP/JSON KeyValue list (opentelemetry-proto, common.proto). */
export const attributes = (values: Readonly<Record<string, string | number | undefined>>): JsonObject[] =>
  Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined) return []
    // 64-bit integers are strings in OTLP/JSON.
    return [{ key, value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) } }]
  })

/** Nanoseconds since the epoch as OTLP/JSON has them. `nanos` tells apart what happened in one millisecond. */
export const unixNano = (atMs: EpochMs, nanos = 0): string => `${atMs}${String(nanos % 1_000_000).padStart(6, '0')}`

/** Collects records as the OpenTelemetry Collector's batch processor does: many calls in one message. */
export interface TelemetryBatches {
  /** Takes a record at a moment; the batch that became full by it, if one did. */
  add(emission: TelemetryEmission, nowMs: EpochMs): readonly SimulatedMessage[]
  /** Batches that have waited long enough by now. */
  due(nowMs: EpochMs): readonly SimulatedMessage[]
  flush(nowMs: EpochMs): readonly SimulatedMessage[]
}

const maxRecords = 48
const maxWaitMs = 1_000
const kinds = ['log', 'span'] as const

export function createTelemetryBatches(): TelemetryBatches {
  const waiting = { log: emptyBatch(), span: emptyBatch() }

  function send(kind: TelemetryEmission['kind'], nowMs: EpochMs): readonly SimulatedMessage[] {
    const { records } = waiting[kind]
    waiting[kind] = emptyBatch()
    return records.length === 0 ? [] : [batchMessage(kind, records, nowMs)]
  }

  return {
    add(emission, nowMs) {
      const batch = waiting[emission.kind]
      if (batch.records.length === 0) batch.sinceMs = nowMs
      batch.records.push(emission)
      return batch.records.length >= maxRecords ? send(emission.kind, nowMs) : []
    },
    due: (nowMs) => kinds.flatMap((kind) => (nowMs - waiting[kind].sinceMs >= maxWaitMs ? send(kind, nowMs) : [])),
    flush: (nowMs) => kinds.flatMap((kind) => send(kind, nowMs)),
  }
}

interface Batch {
  readonly records: TelemetryEmission[]
  sinceMs: EpochMs
}

const emptyBatch = (): Batch => ({ records: [], sinceMs: Number.POSITIVE_INFINITY })

const batchMessage = (
  kind: TelemetryEmission['kind'],
  records: readonly TelemetryEmission[],
  nowMs: EpochMs,
): SimulatedMessage => ({
  topic: kind === 'log' ? 'app-logs' : 'trace-spans',
  // Nothing may depend on how telemetry is partitioned.
  key: null,
  headers: { 'content-type': 'application/json' },
  value: kind === 'log' ? logsRequest(records) : tracesRequest(records),
  atMs: records.reduce((newest, { atMs }) => Math.max(newest, atMs), 0),
  dueMs: nowMs,
})

const scope = { name: 'platform.telemetry', version: '1.4.0' } as const

function logsRequest(batch: readonly TelemetryEmission[]): JsonObject {
  const resourceLogs = byResource(batch).map(({ resource, records }) => ({
    resource,
    scopeLogs: [{ scope, logRecords: records }],
  }))
  return { resourceLogs }
}

function tracesRequest(batch: readonly TelemetryEmission[]): JsonObject {
  const resourceSpans = byResource(batch).map(({ resource, records }) => ({
    resource,
    scopeSpans: [{ scope, spans: records }],
  }))
  return { resourceSpans }
}

function byResource(batch: readonly TelemetryEmission[]): readonly { resource: JsonObject; records: JsonObject[] }[] {
  const groups = new Map<string, { resource: JsonObject; records: JsonObject[] }>()
  for (const { service, region, record } of batch) {
    const key = `${service} ${region}`
    const group = groups.get(key) ?? { resource: resourceOf(service, region), records: [] }
    group.records.push(record)
    groups.set(key, group)
  }
  return [...groups.values()]
}

const resourceOf = (service: string, region: string): JsonObject => ({
  attributes: attributes({
    'service.name': service,
    'cloud.region': region,
    'deployment.environment.name': 'production',
  }),
})
