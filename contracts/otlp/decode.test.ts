import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { decodeLogs, decodeSpans } from './decode.ts'

const fixtures = join(import.meta.dirname, '../../tests/fixtures/opentelemetry-proto')
const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** Written from opentelemetry-proto v1 for this test alone, so that the decoder's tables are held against protobufjs's own encoder. */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
  message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
  message LogRecord { fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2; string severity_text = 3;
    AnyValue body = 5; repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; }
  message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
  message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
  message Logs { repeated ResourceLogs resource_logs = 1; }
  message Status { string message = 2; int32 code = 3; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; repeated Event events = 11;
    repeated Link links = 13; Status status = 15; fixed32 flags = 16; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Spans { repeated ResourceSpans resource_spans = 1; }`,
)
const hexIds = new Set(['traceId', 'spanId', 'parentSpanId'])

/** protobufjs reads bytes as base64; OTLP/JSON writes these three in hex. */
const toProtobuf = (type: 'Logs' | 'Spans', text: Uint8Array): Uint8Array => {
  const value: object = JSON.parse(Buffer.from(text).toString(), (key, inner: unknown) =>
    hexIds.has(key) && typeof inner === 'string' ? Buffer.from(inner, 'hex').toString('base64') : inner,
  )
  const message = root.lookupType(type)
  return message.encode(message.fromObject(value)).finish()
}

const aRecord = (fields: object = {}) => ({
  timeUnixNano: '1544712660300000000',
  body: { stringValue: 'x' },
  ...fields,
})
const aSpan = (fields: object = {}) => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'INVITE',
  startTimeUnixNano: '1544712660000000000',
  endTimeUnixNano: '1544712661000000000',
  ...fields,
})
const logsOf = (...logRecords: unknown[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
const spansOf = (...spans: unknown[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const decodedLogs = (body: Uint8Array, contentType = 'application/json') => {
  const decoded = decodeLogs(body, contentType)
  if (decoded.type !== 'decoded') throw new Error(decoded.detail)
  return decoded
}
const decodedSpans = (body: Uint8Array, contentType = 'application/json') => {
  const decoded = decodeSpans(body, contentType)
  if (decoded.type !== 'decoded') throw new Error(decoded.detail)
  return decoded
}
const oneLine = (fields: object) => decodedLogs(json(logsOf(aRecord(fields)))).lines[0]
const refusalOf = (fields: object) => decodedLogs(json(logsOf(aRecord(fields)))).refused[0]?.detail

describe('the published examples', () => {
  test('logs.json becomes one line, its ids in lower case', () => {
    const { lines, refused } = decodedLogs(readFileSync(join(fixtures, 'logs.json')))
    expect(refused).toEqual([])
    expect(lines).toEqual([
      {
        timeUnixNano: '1544712660300000000',
        severityNumber: 10,
        severityText: 'Information',
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        serviceName: 'my.service',
        body: 'Example log record',
        resource: { 'service.name': 'my.service' },
        scopeName: 'my.library',
        attributes: {
          'string.attribute': 'some string',
          'boolean.attribute': true,
          'int.attribute': 10,
          'double.attribute': 637.704,
          'array.attribute': ['many', 'values'],
          'map.attribute': { 'some.map.key': 'some value' },
        },
      },
    ])
  })

  test('trace.json becomes one span', () => {
    const { spans } = decodedSpans(readFileSync(join(fixtures, 'trace.json')))
    expect(spans).toMatchObject([
      {
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        parentSpanId: 'eee19b7ec3c1b173',
        name: "I'm a server span",
        kind: 2,
        statusCode: 0,
        startTimeUnixNano: '1544712660000000000',
        endTimeUnixNano: '1544712661000000000',
        attributes: { 'my.span.attr': 'some value' },
      },
    ])
  })

  test('protobuf and JSON of one request give the same records', () => {
    const logs = readFileSync(join(fixtures, 'logs.json'))
    expect(decodedLogs(toProtobuf('Logs', logs), 'application/x-protobuf')).toEqual(decodedLogs(logs))
    const rich = json(
      spansOf(
        aSpan({
          kind: 3,
          status: { code: 2, message: 'no route' },
          events: [
            {
              timeUnixNano: '1544712660500000001',
              name: 'retry',
              attributes: [{ key: 'n', value: { intValue: '-7' } }],
            },
          ],
          links: [{ traceId: '5b8efff798038103d269b633813fc60d', spanId: 'eee19b7ec3c1b175' }],
          attributes: [
            { key: 'big', value: { intValue: '9007199254740993' } },
            { key: 'empty', value: {} },
          ],
        }),
      ),
    )
    expect(decodedSpans(toProtobuf('Spans', rich), 'application/x-protobuf')).toEqual(decodedSpans(rich))
    expect(decodedSpans(rich).spans[0]?.attributes).toEqual({ big: '9007199254740993', empty: null })
    expect(decodedSpans(rich).spans[0]?.events[0]?.timeUnixNano).toBe('1544712660500000001')
  })
})

describe('what the JSON mapping leaves open', () => {
  test('snake_case, enum names, numeric times and base64 ids are understood', () => {
    const traceId = Buffer.from('5b8efff798038103d269b633813fc60c', 'hex').toString('base64')
    const record = { time_unix_nano: 1544712660300000000, severity_number: 'SEVERITY_NUMBER_ERROR2', trace_id: traceId }
    const { lines } = decodedLogs(json({ resource_logs: [{ scope_logs: [{ log_records: [record] }] }] }))
    expect(lines[0]).toMatchObject({ severityNumber: 18, traceId: '5b8efff798038103d269b633813fc60c', body: '' })
    const named = aSpan({ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } })
    expect(decodedSpans(json(spansOf(named))).spans[0]).toMatchObject({ kind: 3, statusCode: 2 })
  })

  test('a log line without its own time has the time it was observed', () => {
    expect(oneLine({ timeUnixNano: '0', observedTimeUnixNano: '5' })?.timeUnixNano).toBe('5')
  })

  test('an id that is all zero or of another length belongs to no trace', () => {
    expect(oneLine({ traceId: '0'.repeat(32), spanId: 'abc' })).toMatchObject({ traceId: '', spanId: '' })
  })

  test('a structured body is kept as JSON', () => {
    const body = { kvlistValue: { values: [{ key: 'code', value: { intValue: 486 } }] } }
    expect(oneLine({ body })?.body).toBe('{"code":486}')
  })
})

describe('bad input', () => {
  test('one bad record is refused with field and fix, never with its value; the others go on', () => {
    const { lines, refused } = decodedLogs(json(logsOf(aRecord(), aRecord({ timeUnixNano: 'secret' }), 7, aRecord())))
    expect(lines).toHaveLength(2)
    expect(refused).toEqual([
      { detail: 'timeUnixNano: must be whole nanoseconds since 1970, before the year 2262' },
      { detail: 'logRecords: each must be an object' },
    ])
  })

  test('a span needs its ids and both its times, in order', () => {
    const bad = [{ traceId: '' }, { spanId: 'zz' }, { endTimeUnixNano: 0 }, { endTimeUnixNano: '1544712659000000000' }]
    const { spans, refused } = decodedSpans(json(spansOf(...bad.map(aSpan))))
    expect(spans).toEqual([])
    expect(refused.map(({ detail }) => detail.split(':')[0])).toEqual([
      'traceId',
      'spanId',
      'endTimeUnixNano',
      'endTimeUnixNano',
    ])
  })

  test('a bad resource refuses each of its records', () => {
    const resource = { attributes: { not: 'a list' } }
    const { refused } = decodedLogs(
      json({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [aRecord(), aRecord()] }] }] }),
    )
    expect(refused).toHaveLength(2)
  })

  test('times past the year 2262, negative, fractional and absent ones are refused', () => {
    for (const timeUnixNano of ['9223372036854775808', -1, 1.5, '1e18', {}, undefined]) {
      expect(refusalOf({ timeUnixNano })).toContain('timeUnixNano')
    }
  })

  test('__proto__ is a key like any other', () => {
    const line = oneLine({ attributes: [{ key: '__proto__', value: { stringValue: 'x' } }] })
    expect(Object.keys(line?.attributes ?? {})).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
    expect(Object.getPrototypeOf(line?.attributes)).toBeNull()
  })

  const nested = (levels: number): object =>
    levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } }

  test('nesting, number of attributes and number of values are bounded, on both wires', () => {
    expect(refusalOf({ attributes: [{ key: 'k', value: nested(16) }] })).toBeUndefined()
    expect(refusalOf({ attributes: [{ key: 'k', value: nested(17) }] })).toContain('levels deep')
    const deep = json(logsOf(aRecord({ body: nested(45) }), aRecord()))
    const { lines, refused } = decodedLogs(toProtobuf('Logs', deep), 'application/x-protobuf')
    expect([lines.length, refused.length]).toEqual([1, 1])
    const many = Array.from({ length: 257 }, (_, n) => ({ key: `k${n}`, value: { intValue: n } }))
    expect(refusalOf({ attributes: many })).toContain('256 entries')
    const wide = { arrayValue: { values: Array.from({ length: 5_000 }, () => ({ intValue: 1 })) } }
    expect(refusalOf({ body: wide })).toContain('4096 values')
  })

  test('100,000 levels of JSON cost one record, not the process', () => {
    const open = '{"arrayValue":{"values":['.repeat(90_000)
    const body = `${open}{}${']}}'.repeat(90_000)}`
    const text = JSON.stringify(logsOf(aRecord({ body: 'HERE' }), aRecord())).replace('"HERE"', body)
    expect(decodeLogs(Buffer.from(text), undefined)).toMatchObject({
      refused: [{ detail: expect.stringContaining('deep') }],
    })
  })

  test('a body longer than 64 KiB is cut between characters and says so', () => {
    const body = oneLine({ body: { stringValue: 'é'.repeat(40_000) } })?.body ?? ''
    expect(body).toMatch(/^é{32768}… \[cut: 14464 of 80000 bytes left out\]$/)
  })

  test('what is no export request at all is malformed', () => {
    expect(decodeLogs(Buffer.from('{"resourceLogs":'), undefined)).toMatchObject({ reason: 'malformed_json' })
    expect(decodeLogs(Buffer.from([0xff, 0xfe]), undefined)).toMatchObject({ reason: 'malformed_json' })
    expect(decodeLogs(json([]), undefined)).toMatchObject({ reason: 'malformed_json' })
    expect(decodeLogs(json({ resourceLogs: {} }), undefined)).toMatchObject({ reason: 'invalid_schema' })
    expect(decodeLogs(json(spansOf(aSpan())), undefined)).toMatchObject({
      detail: expect.stringContaining('/v1/traces'),
    })
    expect(decodeLogs(json({}), 'text/plain')).toMatchObject({ detail: expect.stringContaining('content-type') })
    const cut = toProtobuf('Logs', readFileSync(join(fixtures, 'logs.json'))).slice(0, -3)
    expect(decodeLogs(cut, 'application/x-protobuf')).toMatchObject({ reason: 'malformed_protobuf' })
  })

  test('an empty request is a request', () => {
    expect(decodedLogs(json({})).lines).toEqual([])
    expect(decodedSpans(new Uint8Array(), 'application/x-protobuf').spans).toEqual([])
  })
})
