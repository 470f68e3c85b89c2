import { describe, expect, test } from 'vitest'
import { recordHeaders } from '#contracts/pipeline.ts'
import { aRecord, Collected, exampleRules } from './cloud-event-examples.ts'
import { createLogsDecode } from './logs-decode.ts'
import { aLogLine, exampleTrace, someLogs } from './logs-examples.ts'
import type { OtlpRules } from './logs-place.ts'

function effectsOf(
  value: unknown,
  over: { headers?: Record<string, string>; rules?: Partial<OtlpRules> } = {},
): Collected {
  const into = new Collected()
  const record = aRecord(value, { topic: 'app-logs', headers: over.headers ?? {} })
  createLogsDecode({ ...exampleRules, ...over.rules })(record, into)
  return into
}
const reasonsOf = (...args: Parameters<typeof effectsOf>) => effectsOf(...args).parked.map(({ reason }) => reason)

test('a line keeps its time to the nanosecond, its ids and its attributes', () => {
  const line = aLogLine({ traceId: exampleTrace, attributes: { correlation_id: 'c-1', attempt: 3 } })
  expect(effectsOf(someLogs(line)).of('otel_logs')).toMatchObject([
    {
      ...{ Timestamp: '1772359205.000000000', TraceId: exampleTrace, SeverityNumber: 9, ServiceName: 'call-control' },
      ...{ Body: 'INVITE sent', LogAttributes: { attempt: '3' }, Tenant: 'acme', CorrelationId: 'c-1' },
    },
  ])
})

describe('what a line is', () => {
  const hashOf = (line: object, headers = {}) => effectsOf(someLogs(line), { headers }).of('otel_logs')[0]?.Hash

  test('the same line sent twice is one line, whatever brought it', () => {
    const imported = { [recordHeaders.run]: 'run-1' }
    expect(hashOf(aLogLine(), imported)).toBe(hashOf(aLogLine()))
    const ab = aLogLine({ attributes: { a: 'x', b: 'y' } })
    expect(hashOf(ab)).toBe(hashOf(aLogLine({ attributes: { b: 'y', a: 'x' } })))
  })

  test('lines that differ in time, body, attributes or trace are different lines', () => {
    const lines = [
      aLogLine(),
      aLogLine({ timeUnixNano: '1772359205000000001' }),
      aLogLine({ body: { stringValue: 'BYE sent' } }),
      aLogLine({ attributes: { a: 'x' } }),
      aLogLine({ traceId: exampleTrace }),
    ]
    expect(new Set(lines.map((line) => hashOf(line))).size).toBe(lines.length)
    expect(hashOf(aLogLine())).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('whose a line is', () => {
  const anonymous = { resourceLogs: [{ scopeLogs: [{ logRecords: [aLogLine()] }] }] }

  test('a line of a tenant that nobody registered is parked', () => {
    expect(reasonsOf(someLogs(aLogLine({ attributes: { tenant_id: 'nobody' } })))).toEqual(['unknown_tenant'])
  })

  test('a line that names no tenant goes to the only one, where there is only one', () => {
    expect(reasonsOf(anonymous)).toEqual(['unknown_tenant'])
    expect(effectsOf(anonymous, { rules: { tenants: () => new Set(['acme']) } }).of('otel_logs')).toMatchObject([
      { Tenant: 'acme' },
    ])
  })

  test('a credential of one tenant brings no line of another', () => {
    const headers = { [recordHeaders.tenant]: 'globex' }
    expect(reasonsOf(someLogs(aLogLine()), { headers })).toEqual(['tenant_mismatch'])
    expect(effectsOf(anonymous, { headers }).of('otel_logs')).toMatchObject([{ Tenant: 'globex' }])
  })
})

describe('bad input', () => {
  test('one bad line parks alone', () => {
    const into = effectsOf(
      someLogs(aLogLine(), aLogLine({ timeUnixNano: '0' }), aLogLine({ body: { stringValue: 'last' } })),
    )
    expect(into.of('otel_logs').map(({ Body }) => Body)).toEqual(['INVITE sent', 'last'])
    expect(into.parked).toEqual([{ reason: 'invalid_schema', detail: expect.stringContaining('timeUnixNano') }])
  })

  test('a body that is no OTLP is parked as such', () => {
    expect(reasonsOf('{"resourceLogs":')).toEqual(['malformed_json'])
    expect(reasonsOf('\u0001', { headers: { [recordHeaders.contentType]: 'application/x-protobuf' } })).toEqual([
      'malformed_protobuf',
    ])
    expect(reasonsOf(new Uint8Array(4 * 1_048_576 + 1))).toEqual(['too_large'])
  })

  test('lines of 1970 and 2100 are refused', () => {
    expect(reasonsOf(someLogs(aLogLine({ timeUnixNano: '1000' })))).toEqual(['too_old'])
    expect(reasonsOf(someLogs(aLogLine({ timeUnixNano: '4102444800000000000' })))).toEqual(['too_far_ahead'])
  })

  test('a __proto__ attribute is an attribute', () => {
    const text = JSON.stringify(someLogs(aLogLine({ attributes: { x: 'y' } }))).replace(
      '"key":"x"',
      '"key":"__proto__"',
    )
    const [row] = effectsOf(text).of('otel_logs')
    expect(JSON.stringify(row?.LogAttributes)).toBe('{"__proto__":"y"}')
  })
})
