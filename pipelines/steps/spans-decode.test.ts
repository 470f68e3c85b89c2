import { expect, test } from 'vitest'
import { aRecord, Collected, exampleRules } from './cloud-event-examples.ts'
import { aSpan, exampleNanos, exampleSpan, exampleTrace, someSpans } from './logs-examples.ts'
import { createSpansDecode } from './spans-decode.ts'

function effectsOf(value: unknown): Collected {
  const into = new Collected()
  createSpansDecode(exampleRules)(aRecord(value, { topic: 'trace-spans' }), into)
  return into
}

test('a span keeps its identity, its duration to the nanosecond, its events and links', () => {
  const span = aSpan({
    endTimeUnixNano: '1772359206000000123',
    status: { code: 2, message: 'no route' },
    attributes: { correlation_id: 'c-1' },
    events: [{ timeUnixNano: exampleNanos, name: 'exception', attributes: [] }],
    links: [{ traceId: exampleTrace, spanId: exampleSpan }],
  })
  expect(effectsOf(someSpans(span)).of('otel_traces')).toMatchObject([
    {
      ...{
        Timestamp: '1772359205.000000000',
        TraceId: exampleTrace,
        SpanId: exampleSpan,
        SpanKind: 'Server',
        Duration: '1000000123',
      },
      ...{ StatusCode: 'Error', StatusMessage: 'no route', Tenant: 'acme', CorrelationId: 'c-1' },
      ...{ 'Events.Name': ['exception'], 'Links.TraceId': [exampleTrace] },
    },
  ])
})

test('two spans of one id with different content converge on one checksum order', () => {
  const checksum = (span: object) => effectsOf(someSpans(span)).of('otel_traces')[0]?.Checksum
  expect(checksum(aSpan())).toBe(checksum(aSpan()))
  expect(checksum(aSpan())).not.toBe(checksum(aSpan({ name: 'GET /calls' })))
})

test('one bad span parks alone', () => {
  const into = effectsOf(someSpans(aSpan({ spanId: 'nonsense' }), aSpan()))
  expect(into.of('otel_traces')).toHaveLength(1)
  expect(into.parked).toEqual([{ reason: 'invalid_schema', detail: expect.stringContaining('spanId') }])
})

test('a span that began in 1970 is refused, though it ended now', () => {
  expect(effectsOf(someSpans(aSpan({ startTimeUnixNano: '1000' }))).parked).toMatchObject([{ reason: 'too_old' }])
})

test('a span that ends ahead of the log is refused', () => {
  expect(effectsOf(someSpans(aSpan({ endTimeUnixNano: '4102444800000000000' }))).parked).toMatchObject([
    { reason: 'too_far_ahead' },
  ])
})

test('an event without a time, or of 1970, spoils no insert', () => {
  const events = ['0', '1000'].map((timeUnixNano) => ({ timeUnixNano, name: 'retry' }))
  expect(effectsOf(someSpans(aSpan({ events }))).of('otel_traces')).toMatchObject([
    { 'Events.Timestamp': ['0000000000.000000000', '0000000000.000001000'] },
  ])
})

test('a span with an event of the year 2255 is parked alone', () => {
  const beyond = aSpan({ events: [{ timeUnixNano: '9000000000000000000', name: 'retry' }] })
  const into = effectsOf(someSpans(beyond, aSpan()))
  expect(into.parked).toMatchObject([{ reason: 'too_far_ahead' }])
  expect(into.of('otel_traces')).toHaveLength(1)
})
