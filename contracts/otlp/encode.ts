import type { Attributes, AttributeValue, LogLine, Span } from '../signals/otlp.ts'

/**
 * OTLP/JSON requests (opentelemetry-proto v1) of flat records: what decodeLogs and decodeSpans read back equal.
 * Neighbours of one resource and scope share them.
 */
export function encodeLogsRequest(lines: readonly LogLine[]): string {
  const resourceLogs = grouped(lines).map(({ resource, scope, records }) => ({
    resource,
    scopeLogs: [{ scope, logRecords: records.map(toLogRecord) }],
  }))
  return JSON.stringify({ resourceLogs })
}

export function encodeSpansRequest(spans: readonly Span[]): string {
  const resourceSpans = grouped(spans).map(({ resource, scope, records }) => ({
    resource,
    scopeSpans: [{ scope, spans: records.map(toSpan) }],
  }))
  return JSON.stringify({ resourceSpans })
}

function toLogRecord(line: LogLine): object {
  return {
    timeUnixNano: line.timeUnixNano,
    severityNumber: line.severityNumber,
    severityText: line.severityText,
    traceId: line.traceId,
    spanId: line.spanId,
    body: { stringValue: line.body },
    attributes: toKeyValues(line.attributes),
  }
}

function toSpan({ attributes, events, statusCode, statusMessage, ...span }: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    status: { code: statusCode, message: statusMessage },
    attributes: toKeyValues(attributes),
    events: events.map((event) => ({ ...event, attributes: toKeyValues(event.attributes) })),
    links: span.links,
  }
}

interface Group<Row> {
  readonly resource: object
  readonly scope: object
  readonly records: Row[]
}

function grouped<Row extends LogLine | Span>(rows: readonly Row[]): readonly Group<Row>[] {
  const groups: Group<Row>[] = []
  let before: Row | undefined
  for (const row of rows) {
    if (before?.resource === row.resource && before.scopeName === row.scopeName) groups.at(-1)?.records.push(row)
    else groups.push({ resource: { attributes: resourceOf(row) }, scope: { name: row.scopeName }, records: [row] })
    before = row
  }
  return groups
}

/** A row whose service is not in its resource (made by hand) has it put there, for that is where OTLP keeps it. */
function resourceOf({ resource, serviceName }: LogLine | Span): readonly object[] {
  const named = serviceName === '' || resource['service.name'] === serviceName
  return toKeyValues(named ? resource : { ...resource, 'service.name': serviceName })
}

const toKeyValues = (attributes: Attributes): readonly object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: toAnyValue(value) }))

function toAnyValue(value: AttributeValue): object {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toAnyValue) } }
  return { kvlistValue: { values: toKeyValues(value as Attributes) } }
}
