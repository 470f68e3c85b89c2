import type { ClickHouseClient } from '@clickhouse/client'
import type { WholeCall } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'

/** Which logs and spans belong to a call: by its ids within its tenant, near its time. */
export interface TelemetryScope {
  readonly tenant: string
  readonly ids: readonly string[]
  readonly traceIds: readonly string[]
  readonly fromMs: number
  readonly toMs: number
}

/** Lines and spans of one call that are shown. More than anybody reads; `sql` finds the rest. */
const maxRows = 2_000

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
export async function readLogs(client: ClickHouseClient, scope: TelemetryScope): Promise<WholeCall['logs']> {
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
    { ...scope, maxRows },
  )
  return inOrder(rows, (row) => row[10]).map((row) => logOf(row, scope.tenant))
}

function logOf(row: LogRow, tenant: string): WholeCall['logs'][number] {
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
export async function readSpans(client: ClickHouseClient, scope: TelemetryScope): Promise<WholeCall['spans']> {
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
    { ...scope, maxRows },
  )
  return inOrder(rows, ([, , trace, span, , , , kind]) => `${trace} ${span} ${kind}`).map((row) =>
    spanOf(row, scope.tenant),
  )
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']

function spanOf(row: SpanRow, tenant: string): WholeCall['spans'][number] {
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

/** What was found by id and what was found by trace, each once, in order of time (the first column) and then of identity. */
function inOrder<Row extends LogRow | SpanRow>(rows: readonly Row[], identityOf: (row: Row) => string): readonly Row[] {
  const once = new Map(rows.map((row) => [identityOf(row), row]))
  return [...once]
    .sort(([one, a], [other, b]) => inTime(a[0], b[0]) || (one < other ? -1 : 1))
    .slice(0, maxRows)
    .map(([, row]) => row)
}

/** Nanoseconds are decimal text of one length for the next 260 years; compared as numbers all the same. */
const inTime = (a: string, b: string): number => (a === b ? 0 : BigInt(a) < BigInt(b) ? -1 : 1)
