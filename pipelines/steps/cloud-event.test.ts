import { describe, expect, test } from 'vitest'
import { recordHeaders } from '#contracts/pipeline.ts'
import { callEvent } from '#contracts/signals/call-events.ts'
import { type QualitySample, qualitySample } from '#contracts/signals/quality-sample.ts'
import { createReader, type Envelope, schemasByType } from './cloud-event.ts'
import { anEvent, aRecord, eventTime, exampleRules, logTime } from './cloud-event-examples.ts'

const schemas = schemasByType<Envelope>([...callEvent.options, qualitySample])
const read = createReader({ ...exampleRules, schemas })
const reasonsOf = (...args: Parameters<typeof aRecord>) =>
  read(aRecord(...args)).map((outcome) => (outcome.type === 'park' ? outcome.reason : outcome.type))
const detailOf = (value: unknown) =>
  read(aRecord(value)).map((outcome) => (outcome.type === 'park' ? outcome.detail : ''))[0]

const sample = (data: object = {}, over: object = {}) =>
  anEvent('quality.sample', { observer: 'sbc', direction: 'receive', interval_ms: 5_000, ...data }, over)

describe('the three modes of CloudEvents on Kafka', () => {
  test('structured: the value is the event', () => {
    const [outcome] = read(aRecord(sample({ jitter_ms: 12.4 })))
    expect(outcome).toMatchObject({
      type: 'next',
      value: { tenant: 'acme', timeMs: Date.parse(eventTime), event: { data: { kind: 'audio', jitter_ms: 12.4 } } },
    })
  })

  test('batched: every element is an event, and a bad one parks alone', () => {
    expect(reasonsOf([sample(), { nonsense: true }, 7, sample()])).toEqual([
      'next',
      'invalid_schema',
      'invalid_schema',
      'next',
    ])
    expect(reasonsOf([])).toEqual([])
  })

  test('binary: attributes are headers, the value is the data', () => {
    const headers = {
      ...{ ce_specversion: '1.0', ce_id: 'e-1', ce_source: '/sbc', ce_type: 'quality.sample', ce_time: eventTime },
      ...{ ce_tenantid: 'acme', ce_correlationid: 'c-1', 'content-type': 'application/json; charset=utf-8' },
    }
    const [outcome] = read(aRecord({ observer: 'sbc', direction: 'send' }, { headers }))
    expect(outcome).toMatchObject({
      type: 'next',
      value: { event: { correlationid: 'c-1', data: { observer: 'sbc' } } },
    })
  })
})

describe('the content type', () => {
  const copied = { ce_specversion: '1.0', ce_id: 'e-1', ce_type: 'quality.sample' }

  test.each([
    ['application/cloudevents+json; charset=UTF-8', sample()],
    ['application/cloudevents-batch+json', [sample()]],
  ])('%s is structured, though attributes are repeated as headers', (contentType, value) => {
    expect(reasonsOf(value, { headers: { ...copied, 'content-type': contentType } })).toEqual(['next'])
  })
})

describe('whose it is', () => {
  const byHeader = (tenant: string) => ({ headers: { [recordHeaders.tenant]: tenant } })

  test('the credential names the tenant, and the payload need not', () => {
    expect(read(aRecord(sample({}, { tenantid: undefined }), byHeader('globex')))).toMatchObject([
      { value: { tenant: 'globex' } },
    ])
  })

  test('a payload that names another tenant is refused', () => {
    expect(reasonsOf(sample({}, { tenantid: 'acme' }), byHeader('globex'))).toEqual(['tenant_mismatch'])
  })

  test('without a credential only registered tenants are taken', () => {
    expect(reasonsOf(sample({}, { tenantid: 'acme' }))).toEqual(['next'])
    expect(reasonsOf(sample({}, { tenantid: 'nobody' }))).toEqual(['unknown_tenant'])
    expect(reasonsOf(sample({}, { tenantid: undefined }))).toEqual(['unknown_tenant'])
  })

  test('a topic configured for one tenant is that tenant’s', () => {
    const own = createReader({ ...exampleRules, schemas, topicTenant: () => 'globex' })
    expect(own(aRecord(sample({}, { tenantid: undefined })))).toMatchObject([{ value: { tenant: 'globex' } }])
    expect(own(aRecord(sample({}, { tenantid: 'acme' })))).toMatchObject([{ reason: 'tenant_mismatch' }])
  })
})

describe('when it was', () => {
  const at = (iso: string, headers = {}) => reasonsOf(sample({}, { time: iso }), { headers })

  test('live events of 1970 and 2100 are refused, those of the last seven days are taken', () => {
    expect(at('1970-01-01T00:00:00Z')).toEqual(['too_old'])
    expect(at('2100-01-01T00:00:00Z')).toEqual(['too_far_ahead'])
    expect(at('2026-02-22T10:00:10.000Z')).toEqual(['next'])
    expect(at('2026-02-22T10:00:09.999Z')).toEqual(['too_old'])
    expect(at('2026-03-01T10:10:10.000Z')).toEqual(['next'])
    expect(at('2026-03-01T10:10:10.001Z')).toEqual(['too_far_ahead'])
  })

  test('an import brings old events, which are kept as long as new ones', () => {
    const imported = { [recordHeaders.run]: 'run-1' }
    expect(at('2012-05-04T00:00:00Z', imported)).toEqual(['next'])
    expect(at('1970-01-01T00:00:00Z', imported)).toEqual(['too_old'])
    expect(at('2100-01-01T00:00:00Z', imported)).toEqual(['too_far_ahead'])
    const [old] = read(aRecord(sample({}, { time: '2012-05-04T00:00:00Z' }), { headers: imported }))
    expect(old).toMatchObject({ value: { expiresAtSeconds: (logTime + exampleRules.windows.retentionMs) / 1_000 } })
  })

  test('the log’s time decides, so that a replay years later decides alike', () => {
    expect(
      reasonsOf(sample({}, { time: '2019-03-01T10:00:00Z' }), { logTimeMs: Date.parse('2019-03-01T10:00:01Z') }),
    ).toEqual(['next'])
  })
})

describe('bad input is a refusal that names the field and never the value', () => {
  test('what is not JSON, not text or too large', () => {
    expect(reasonsOf('{"a":')).toEqual(['malformed_json'])
    expect(reasonsOf('')).toEqual(['malformed_json'])
    expect(reasonsOf('{"a":NaN}')).toEqual(['malformed_json'])
    expect(reasonsOf(new Uint8Array([0x22, 0xff, 0xfe, 0x22]))).toEqual(['malformed_json'])
    expect(reasonsOf(`"${'x'.repeat(1_048_577)}"`)).toEqual(['too_large'])
  })

  test.each([
    ['a type nobody has published', anEvent('call.teleported', {}), 'unknown_type'],
    ['an event without a type', { id: 'e' }, 'invalid_schema'],
    ['a count with a fraction', sample({ packets_received: 1.5 }), 'invalid_schema'],
    ['a negative count', sample({ packets_received: -1 }), 'invalid_schema'],
    ['a count beyond 2^53', sample({ packets_received: 2 ** 53 }), 'invalid_schema'],
    ['an unknown field', sample({ mos: 4.1 }), 'invalid_schema'],
    [
      'a text that calls itself a length nobody can compare',
      sample({ codec: { length: { valueOf: 1, toString: 1 } } }),
      'invalid_schema',
    ],
    ['a day that does not exist', sample({}, { time: '2026-02-30T10:00:00Z' }), 'invalid_schema'],
  ])('%s', (_what, value, reason) => {
    expect(reasonsOf(value)).toEqual([reason])
  })

  test('the detail says which field should be what', () => {
    expect(detailOf(sample({ packets_lost: 'secret' }))).toBe('data.packets_lost: expected number')
    expect(detailOf(sample({ observer: 'secret' }))).toMatch(
      /^data.observer: Invalid option: expected one of "media_server"/,
    )
    expect(detailOf(sample({ mos: 4.1 }))).toBe('data: unknown field mos; remove it')
  })

  test('no detail quotes what was sent, not even as the name of a field', () => {
    const secret = '+49 170 1234567'
    const details = [
      sample({ [secret]: 1 }),
      sample({ observer: secret, codec: `${secret}\u0000`, limitation: secret }),
      sample({}, { time: secret, traceparent: secret, datacontenttype: secret }),
      anEvent(secret, {}),
    ].map(detailOf)
    expect(details.filter((detail) => detail?.includes('1234567'))).toEqual([])
  })

  test('__proto__ keys change no prototype and are no data', () => {
    const inData = JSON.stringify(sample({ x: 1 })).replace('"x":1', '"__proto__":{"admin":true}')
    expect(reasonsOf(inData)).toEqual(['invalid_schema'])
    const inEnvelope = JSON.stringify(sample({}, { x: 1 })).replace('"x":1', '"__proto__":{"admin":true}')
    const [outcome] = read(aRecord(inEnvelope))
    const event = outcome?.type === 'next' ? outcome.value.event : {}
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype)
    expect(event).not.toHaveProperty('admin')
  })

  test('nesting 100,000 levels deep is refused or ignored, and the process lives', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(reasonsOf(JSON.stringify(sample({ x: 0 })).replace('"x":0', `"x":${deep}`))).toEqual(['invalid_schema'])
    expect(reasonsOf(JSON.stringify(sample({}, { x: 0 })).replace('"x":0', `"x":${deep}`))).toEqual(['next'])
    expect(reasonsOf(deep)).toEqual(['invalid_schema'])
  })
})

test('a reader of one type gives events of that type', () => {
  const samples = createReader<QualitySample>({
    ...exampleRules,
    schemas: schemasByType<QualitySample>([qualitySample]),
  })
  expect(samples(aRecord(anEvent('call.ringing', {})))).toMatchObject([{ type: 'park', reason: 'unknown_type' }])
})
