import { describe, expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { decodeLogs, decodeSpans } from '#contracts/otlp/decode.ts'
import { type Decode, defaultWindows } from '#contracts/pipeline.ts'
import { createBatch } from '#pipelines/batch.ts'
import { eventTypes, withField } from '#tests/fuzz/signal-fields.ts'
import { createActivityDecode } from './activity-decode.ts'
import { createAuditDecode } from './audit-decode.ts'
import { createCdrDecode } from './cdr-decode.ts'
import { createEventDecode } from './event-decode.ts'
import { createLinkWriter } from './links.ts'
import { createSampleDecode } from './sample-decode.ts'

const logTimeMs = Date.parse('2026-03-01T10:00:00Z')
const time = '2026-03-01T09:59:50.000Z'
const rules = {
  ...{ tenants: () => new Set(['acme']), windows: defaultWindows, writeLinks: createLinkWriter() },
  worstOf: () => 0 as const,
}
const decoders: Readonly<Record<string, Decode>> = {
  'call-events': createEventDecode(rules),
  'conf-events': createEventDecode(rules),
  'cdr-events': createCdrDecode(rules),
  'quality-samples': createSampleDecode(rules),
  'chat-events': createActivityDecode(rules),
  'presence-events': createActivityDecode(rules),
  'audit-events': createAuditDecode(rules),
}

function decoded(topic: string, value: string, headers: Readonly<Record<string, string>> = {}) {
  const record: LogRecord = { topic, partition: 0, offset: 0, logTimeMs, key: null, headers, value }
  const builder = createBatch()
  builder.from(record)
  decoders[topic]?.(record, builder)
  const { rows, changes, parked } = builder.batch
  return { rows: rows.length, changes: [...changes.values()].length, parked }
}

const halves = { high: 'a\ud83d', low: '\ude00', 'wrong way round': '\ude00\ud83d' }

describe.each(eventTypes.map((eventType) => [eventType.type, eventType] as const))(
  '%s',
  (_type, { topic, example, fields }) => {
    const event = example('c', time)

    test('with all that it may say is taken, also with whole characters of two halves', () => {
      for (const value of [event, withField(event, ['comment'], 'Ann \ud83d\ude00 \\ud800')]) {
        const { rows, parked } = decoded(topic, JSON.stringify(value))
        expect([rows > 0, parked]).toEqual([true, []])
      }
    })

    test('with half a character in any field, or in the name of one, is a dead letter that names it', () => {
      const places = [
        ...fields.filter(({ kind }) => kind !== 'number').map(({ path }) => path),
        ['tenantid'],
        ['an_extension'],
      ]
      for (const path of places)
        for (const half of Object.values(halves)) {
          const { rows, changes, parked } = decoded(topic, JSON.stringify(withField(event, path, half)))
          expect([path, rows, changes, parked.map(({ reason }) => reason)]).toEqual([path, 0, 0, ['invalid_schema']])
          if (path.at(-1) !== 'type') expect(parked[0]?.detail).toContain(`${path.join('.')}: holds half a character`)
        }
      const named = decoded(topic, JSON.stringify({ ...event, '\udc00': 1 }))
      expect([named.rows, named.parked[0]?.detail]).toEqual([
        0,
        expect.stringContaining('(unprintable name): holds half'),
      ])
    })

    test('under an id that could not be told from a trace id is a dead letter that names it', () => {
      for (const path of [['correlationid'], ['data', 'linked_correlation_id']]) {
        const { rows, parked } = decoded(topic, JSON.stringify(withField(event, path, 'trace:0')))
        expect([rows, parked[0]?.detail]).toEqual([0, expect.stringMatching(`${path.join('.')}: begins with "trace:"`)])
      }
    })

    test('costs no other of its batch', () => {
      const spoilt = withField(event, ['source'], '\ud800')
      const { parked, rows } = decoded(topic, JSON.stringify([spoilt, event, spoilt]))
      expect([parked.length, rows]).toEqual([2, decoded(topic, JSON.stringify(event)).rows])
    })

    test('with half a character in a header of binary mode is a dead letter that names it', () => {
      const { data, ...attributes } = event
      const headers = Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]),
      )
      expect(decoded(topic, JSON.stringify(data), headers).parked).toEqual([])
      const { rows, parked } = decoded(topic, JSON.stringify(data), { ...headers, ce_subject: 'a\udfff' })
      expect([rows, parked[0]?.detail]).toEqual([0, expect.stringContaining('subject: holds half')])
    })
  },
)

describe('OTLP', () => {
  const anySpan = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startTimeUnixNano: '1', endTimeUnixNano: '2' }
  const key = { key: '\ud800k', value: { stringValue: 'v\udc00\ud83d\ude00' } }
  const inJson = (value: object) => Buffer.from(JSON.stringify(value))

  test('half a character is the replacement character, and the line or span is taken', () => {
    const resource = { attributes: [key] }
    const record = { timeUnixNano: '1', body: { stringValue: 'a\ud800' }, attributes: [key], severityText: '\udfff' }
    const logs = decodeLogs(inJson({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] }), undefined)
    const span = { ...anySpan, name: '\ud800n', attributes: [key], events: [{ name: 'e\udc00', attributes: [key] }] }
    const spans = decodeSpans(inJson({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }), undefined)
    const attributes = { '\ufffdk': 'v\ufffd\ud83d\ude00' }
    expect(logs).toMatchObject({
      lines: [{ body: 'a\ufffd', severityText: '\ufffd', attributes, resource: attributes }],
      refused: [],
    })
    expect(spans).toMatchObject({
      spans: [{ name: '\ufffdn', attributes, resource: attributes, events: [{ name: 'e\ufffd', attributes }] }],
      refused: [],
    })
  })

  test('so it is in protobuf, where bytes say what is no UTF-8', () => {
    // ExportTraceServiceRequest > ResourceSpans > ScopeSpans > Span { name = ED A0 80 "n" } with ids and times.
    const field = (tag: number, bytes: Uint8Array) => Buffer.from([(tag << 3) | 2, bytes.length, ...bytes])
    const fixed = (tag: number, last: number) => Buffer.from([(tag << 3) | 1, last, 0, 0, 0, 0, 0, 0, 0])
    const span = Buffer.concat([
      ...[field(1, Buffer.alloc(16, 0xaa)), field(2, Buffer.alloc(8, 0xbb))],
      ...[field(5, Buffer.from([0xed, 0xa0, 0x80, 0x6e])), fixed(7, 1), fixed(8, 2)],
    ])
    const decodedSpans = decodeSpans(field(1, field(2, field(2, span))), 'application/x-protobuf')
    const names = decodedSpans.type === 'decoded' ? decodedSpans.spans.map(({ name }) => name) : []
    expect([names.length, names.every((name) => name.isWellFormed() && name.endsWith('n'))]).toEqual([1, true])
  })
})
