import { describe, expect, test } from 'vitest'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import { encodeLogsRequest, encodeSpansRequest } from '#contracts/otlp/encode.ts'
import type { LogLine, Span } from '#contracts/signals/otlp.ts'
import { createTenantOf } from '../archive/tenants.ts'
import { erasedSubjects, subjectsOf } from './erased.ts'
import { createForgetMessages } from './forget-messages.ts'
import { createForgetting } from './privacy.ts'
import { defaultSettings } from './settings.ts'

const salt = 'salt'
const person = '+493044433221'
const told = (tenant: string) => subjectsOf(person, { tenant, salt, settings: defaultSettings })
const list = erasedSubjects(
  [
    { sequence: 1, tenant: 'acme', kind: 'party', subjects: told('acme'), madeBy: 'a', madeMs: 0 },
    { sequence: 2, tenant: 'acme', kind: 'call', subjects: ['gone'], madeBy: 'a', madeMs: 0 },
  ],
  salt,
)
const erased = () => list
const forget = createForgetMessages({
  forgetting: createForgetting({ erased }),
  erased,
  tenantOf: createTenantOf({ tenants: () => new Set(['acme', 'globex']) }),
})

const record = (value: unknown, parts: Partial<LogRecord> = {}): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset: 7, logTimeMs: 1_000, key: null, headers: {} },
  value: typeof value === 'string' ? value : JSON.stringify(value),
  ...parts,
})
const started = (data: object, more: object = {}) => ({
  ...{ specversion: '1.0', id: '1', source: '/pbx', type: 'call.started', time: '2026-01-01T00:00:00Z' },
  ...{ tenantid: 'acme', correlationid: 'c' },
  data,
  ...more,
})
const read = (message: LogRecord | undefined): unknown => message && JSON.parse(textOf(message))

describe('an event', () => {
  test('loses the person and keeps everything else', () => {
    const event = started({ from: person, to: '+49891112223', route: 'r1' })
    const after = forget(record(event))
    expect(read(after)).toEqual({ ...event, data: { from: 'erased', to: '+49891112223', route: 'r1' } })
  })

  test('that names nobody is the same object', () => {
    for (const same of [record(started({ from: '+49891112223' })), record('{'), record([1, null])])
      expect(forget(same)).toBe(same)
  })

  test('of another tenant is left alone, in a batch with others and by its credential', () => {
    const other = started({ from: person }, { tenantid: 'globex' })
    expect(read(forget(record([started({ from: person }), other])))).toEqual([started({ from: 'erased' }), other])
    const theirs = record(started({ from: person }), { headers: { 'callscope-tenant': 'globex' } })
    expect(forget(theirs)).toBe(theirs)
  })

  test('in binary mode loses the person from its value', () => {
    const headers = { ce_id: '1', ce_type: 'call.started', ce_correlationid: 'c', ce_tenantid: 'acme' }
    expect(read(forget(record({ from: person }, { headers })))).toEqual({ from: 'erased' })
  })

  test('of an erased call keeps what decoding reads, without parties', () => {
    const event = started({ from: '+49891112223', to: 'sip:x@example.com', route: 'r1' }, { correlationid: 'gone' })
    const after = read(forget(record({ ...event, caller: 'sip:x@example.com' })))
    expect(after).toEqual({ ...event, data: { from: 'erased', to: 'erased', route: 'r1' } })
  })

  test('that names the person where nobody looks goes whole', () => {
    expect(forget(record(started({ from: 'a' }, { note: `from ${person}` })))).toBeUndefined()
    expect(forget(record(started({ note: 1 }, { correlationid: 'gone' })))).toBeUndefined()
  })
})

test('what cannot be read goes when it names somebody who was erased', () => {
  expect(forget(record(`{"from": "${person}", `))).toBeUndefined()
  expect(forget(record('{"correlationid": "gone", '))).toBeUndefined()
})

test('a key that is the person is taken away', () => {
  expect(forget(record(started({ from: 'a' }), { key: person }))?.key).toBeNull()
})

test('audit events say for ever who did what', () => {
  const audit = record(started({ from: person }), { topic: 'audit-events' })
  expect(forget(audit)).toBe(audit)
})

const line = (body: string, attributes: LogLine['attributes'] = {}): LogLine => ({
  ...{ timeUnixNano: '1700000000000000001', severityNumber: 9, severityText: '', traceId: '', spanId: '' },
  ...{ serviceName: '', scopeName: '', resource: { tenant_id: 'acme' }, body, attributes },
})
const span = (name: string): Span => ({
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: '', traceState: '', name, kind: 1 },
  ...{ startTimeUnixNano: '1700000000000000001', endTimeUnixNano: '1700000000000000002', statusCode: 0 },
  ...{ statusMessage: '', serviceName: '', resource: { tenant_id: 'acme' }, scopeName: '' },
  ...{ attributes: { correlation_id: 'c' }, events: [], links: [] },
})

test('lines and spans of a batch that name the person lose the name, the others nothing', () => {
  const lines = [line('quiet'), line(`call of ${person}`, { 'sip.from': person })]
  const after = forget(record(encodeLogsRequest(lines), { topic: 'app-logs' }))
  expect(textOf(after ?? record(''))).toBe(
    encodeLogsRequest([line('quiet'), line('call of erased', { 'sip.from': 'erased' })]),
  )
  const spans = record(encodeSpansRequest([span('quiet'), span(`INVITE ${person}`)]), { topic: 'trace-spans' })
  expect(textOf(forget(spans) ?? record(''))).toBe(encodeSpansRequest([span('quiet'), span('INVITE erased')]))
  const quiet = record(encodeLogsRequest([line('quiet')]), { topic: 'app-logs' })
  expect(forget(quiet)).toBe(quiet)
})
