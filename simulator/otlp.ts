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

/** Collects records of one signal as the OpenTelemetry Collector's batch processor does: many calls in one message. */
export interface OtlpBatcher {
  /** Takes a record at a moment; the batch that became full, if one did. */
  add(emission: TelemetryEmission, dueMs: EpochMs): SimulatedMessage | undefined
  /** The batch that has waited long enough by now, if there is one. */
  due(nowMs: EpochMs): SimulatedMessage | undefined
  flush(nowMs: EpochMs): SimulatedMessage | undefined
}

const maxRecords = 48
const maxWaitMs = 1_000

export function createOtlpBatcher(kind: TelemetryEmission['kind']): OtlpBatcher {
  let waiting: TelemetryEmission[] = []
  let oldestMs = 0

  function flush(nowMs: EpochMs): SimulatedMessage | undefined {
    if (waiting.length === 0) return undefined
    const batch = waiting
    waiting = []
    return {
      topic: kind === 'log' ? 'app-logs' : 'trace-spans',
      // Nothing may depend on how telemetry is partitioned.
      key: null,
      headers: { 'content-type': 'application/json' },
      value: kind === 'log' ? logsRequest(batch) : tracesRequest(batch),
      atMs: batch.reduce((newest, { atMs }) => Math.max(newest, atMs), 0),
      dueMs: nowMs,
    }
  }

  return {
    add(emission, dueMs) {
      if (waiting.length === 0) oldestMs = dueMs
      waiting.push(emission)
      return waiting.length >= maxRecords ? flush(dueMs) : undefined
    },
    due: (nowMs) => (waiting.length > 0 && nowMs - oldestMs >= maxWaitMs ? flush(oldestMs + maxWaitMs) : undefined),
    flush,
  }
}

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
