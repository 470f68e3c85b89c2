import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, TracedRow } from '#contracts/warehouse.ts'
import { tempoConfig } from './config.ts'

type Column = (typeof rawColumns.otel_traces)[number]

export const exampleTrace = '4bf92f3577b34da6a3ce929d0e0e4736'

/** A row of `otel_traces` of tenant acme, service call-control. */
export function aSpan(over: Partial<Readonly<Record<Column, Cell>>> = {}): TracedRow {
  const cells: Readonly<Record<Column, Cell>> = {
    Timestamp: '1772359205.000000001',
    TraceId: exampleTrace,
    SpanId: '00f067aa0ba902b7',
    ParentSpanId: '53995c3f42cd8ad8',
    TraceState: 'vendor=1',
    SpanName: 'INVITE',
    SpanKind: 'Server',
    ServiceName: 'call-control',
    ResourceAttributes: { 'service.name': 'call-control', 'host.name': 'cc-1' },
    ScopeName: 'sip',
    SpanAttributes: { correlation_id: 'c-1', 'http.response.status_code': '503', extension: '100' },
    Duration: '2500000',
    StatusCode: 'Error',
    StatusMessage: 'no route',
    'Events.Timestamp': ['1772359205.000000002'],
    'Events.Name': ['retry'],
    'Events.Attributes': [{ n: '1' }],
    'Links.TraceId': ['0af7651916cd43dd8448eb211c80319c'],
    'Links.SpanId': ['b7ad6b7169203331'],
    Tenant: 'acme',
    CorrelationId: 'c-1',
    Checksum: '1',
    ExpiresAt: 1_780_000_000,
    ...over,
  }
  return {
    table: 'otel_traces',
    cells: rawColumns.otel_traces.map((column) => cells[column]),
    record: { topic: 'trace-spans', partition: 0, offset: 0, logTimeMs: 1, key: null, headers: {}, value: '' },
  }
}

/** So many spans of one trace, each in a message of its own. */
export const manySpans = (count: number, over: Partial<Readonly<Record<Column, Cell>>> = {}): readonly TracedRow[] =>
  Array.from({ length: count }, (_, at) => aSpan({ SpanId: (at + 1).toString(16).padStart(16, '0'), ...over }))

export const aConfig = (url: string, over: object = {}) => ({ ...tempoConfig.parse({ url, ...over }), url })
