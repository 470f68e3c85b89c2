// Examples of OTLP for the tests of this folder.

export const exampleTrace = '4bf92f3577b34da6a3ce929d0e0e4736'
export const exampleSpan = '00f067aa0ba902b7'
/** 2026-03-01T10:00:05Z. */
export const exampleNanos = '1772359205000000000'

const attributesOf = (values: object): readonly object[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }))

const resource = { attributes: attributesOf({ 'service.name': 'call-control', tenant_id: 'acme' }) }

/** An ExportLogsServiceRequest of service call-control, tenant acme. */
export const someLogs = (...logRecords: object[]): object => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'sip' }, logRecords }] }],
})

export const aLogLine = ({
  attributes = {},
  ...over
}: {
  attributes?: object
  [field: string]: unknown
} = {}): object => ({
  timeUnixNano: exampleNanos,
  severityNumber: 9,
  severityText: 'INFO',
  body: { stringValue: 'INVITE sent' },
  attributes: attributesOf(attributes),
  ...over,
})

/** An ExportTraceServiceRequest of service call-control, tenant acme. */
export const someSpans = (...spans: object[]): object => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'sip' }, spans }] }],
})

/** A server span of one second. */
export const aSpan = ({
  attributes = {},
  ...over
}: {
  attributes?: object
  [field: string]: unknown
} = {}): object => ({
  traceId: exampleTrace,
  spanId: exampleSpan,
  name: 'POST /calls',
  kind: 2,
  startTimeUnixNano: exampleNanos,
  endTimeUnixNano: '1772359206000000000',
  attributes: attributesOf(attributes),
  ...over,
})
