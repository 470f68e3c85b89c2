import type { ClickHouseClient } from '@clickhouse/client'
import {
  type CallLogLine,
  type CallSpan,
  type CallTelemetry,
  inOrderOfTime,
  maxTelemetryRows,
  type TelemetryScope,
} from '#contracts/call-telemetry.ts'
import { rowsOf } from '../client.ts'

/** Logs and spans in the warehouse. A query that fails rejects: without the warehouse there is no call to show them with. */
export const createWarehouseTelemetry = (client: ClickHouseClient): CallTelemetry => ({
  logs: async (scope) => ({ state: 'ok', rows: await readLogs(client, scope) }),
  spans: async (scope) => ({ state: 'ok', rows: await readSpans(client, scope) }),
})

type Attributes = Record<string, string>

type LogRow = readonly [
  nanos: string,
  severityNumber: number,
  severityText: string,
  traceId: string,
  spanId: string,
  service: string,
  body: string,
  resource: Attributes,
  scope: string,
  attributes: Attributes,
  hash: string,
]

/** The call's log lines in order of time, each once. By id and by trace apart, because an OR would use neither index. */
async function readLogs(client: ClickHouseClient, scope: TelemetryScope): Promise<readonly CallLogLine[]> {
  const part = (condition: string): string =>
    `(SELECT toString(toUnixTimestamp64Nano(Timestamp)), SeverityNumber, SeverityText, TraceId, SpanId, ServiceName, Body,
       ResourceAttributes, ScopeName, LogAttributes, Hash
     FROM otel_logs
     WHERE Tenant = {tenant:String} AND ${condition}
       AND TimestampTime >= toDateTime(intDiv({fromMs:Int64}, 1000), 'UTC') AND TimestampTime <= toDateTime(intDiv({toMs:Int64}, 1000), 'UTC')
     ORDER BY Timestamp LIMIT 1 BY Hash LIMIT {maxRows:UInt32})`
  const rows = await rowsOf<LogRow>(
    client,
    `${part('CorrelationId IN {ids:Array(String)}')} UNION ALL ${part('TraceId IN {traceIds:Array(String)}')}`,
    { ...scope, maxRows: maxTelemetryRows },
  )
  return inOrderOfTime(rows, { nanos: ([nanos]) => nanos, identity: (row) => row[10] }).map((row) =>
    logOf(row, scope.tenant),
  )
}

function logOf(row: LogRow, tenant: string): CallLogLine {
  const [timeUnixNano, severityNumber, severityText, traceId, spanId, serviceName, body] = row
  const [resource, scopeName, attributes] = row.slice(7) as [Attributes, string, Attributes]
  return {
    ...{ tenant, timeUnixNano, severityNumber, severityText, traceId, spanId },
    ...{ serviceName, body, resource, scopeName, attributes },
  }
}

type SpanRow = readonly [
  startNanos: string,
  endNanos: string,
  traceId: string,
  spanId: string,
  parentId: string,
  state: string,
  name: string,
  kind: string,
  service: string,
  resource: Attributes,
  scope: string,
  attributes: Attributes,
  statusCode: string,
  statusMessage: string,
  eventTimes: string[],
  eventNames: string[],
  eventAttributes: Attributes[],
  linkTraces: string[],
  linkSpans: string[],
]

/** The call's spans in order of their start, each once. */
async function readSpans(client: ClickHouseClient, scope: TelemetryScope): Promise<readonly CallSpan[]> {
  const part = (condition: string): string =>
    `(SELECT toString(toUnixTimestamp64Nano(Timestamp)), toString(toUnixTimestamp64Nano(Timestamp) + toInt64(Duration)), TraceId, SpanId, ParentSpanId, TraceState, SpanName, SpanKind, ServiceName,
       ResourceAttributes, ScopeName, SpanAttributes, StatusCode, StatusMessage,
       arrayMap(t -> toString(toUnixTimestamp64Nano(t)), Events.Timestamp), Events.Name, Events.Attributes, Links.TraceId, Links.SpanId
     FROM otel_traces
     WHERE Tenant = {tenant:String} AND ${condition}
       AND Timestamp >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') AND Timestamp <= fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
     ORDER BY Timestamp, Checksum DESC LIMIT 1 BY TraceId, SpanId, SpanKind LIMIT {maxRows:UInt32})`
  const rows = await rowsOf<SpanRow>(
    client,
    `${part('TraceId IN {traceIds:Array(String)}')} UNION ALL ${part('CorrelationId IN {ids:Array(String)}')}`,
    { ...scope, maxRows: maxTelemetryRows },
  )
  const identity = ([, , trace, span, , , , kind]: SpanRow): string => `${trace} ${span} ${kind}`
  return inOrderOfTime(rows, { nanos: ([nanos]) => nanos, identity }).map((row) => spanOf(row, scope.tenant))
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']

function spanOf(row: SpanRow, tenant: string): CallSpan {
  const [startTimeUnixNano, endTimeUnixNano, traceId, spanId, parentSpanId, traceState, name, kind, serviceName] = row
  const [resource, scopeName, attributes, status, statusMessage] = row.slice(9, 14) as [
    ...[Attributes, string, Attributes],
    ...[string, string],
  ]
  const [eventTimes, eventNames, eventAttributes] = row.slice(14, 17) as [string[], string[], Attributes[]]
  const [linkTraces, linkSpans] = row.slice(17) as [string[], string[]]
  return {
    ...{ tenant, traceId, spanId, parentSpanId, traceState, name, serviceName, resource, scopeName, attributes },
    ...{ startTimeUnixNano, endTimeUnixNano, statusMessage },
    kind: Math.max(0, kinds.indexOf(kind.toLowerCase())),
    statusCode: Math.max(0, statuses.indexOf(status.toLowerCase())),
    events: eventTimes.map((timeUnixNano, at) => ({
      timeUnixNano,
      name: eventNames[at] ?? '',
      attributes: eventAttributes[at] ?? {},
    })),
    links: linkTraces.map((trace, at) => ({ traceId: trace, spanId: linkSpans[at] ?? '' })),
  }
}
