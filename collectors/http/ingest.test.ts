import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { eventBytesTaken } from '#contracts/message-size.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { KafkaError } from '../kafka/trouble.ts'
import { acmeKey, administratorToken, anEvent, aServer, asKey, readerKey } from './http-for-tests.ts'

const batchType = { 'content-type': 'application/cloudevents-batch+json' }
const single = { 'content-type': 'application/cloudevents+json' }
const post = (url: string, payload: string | Buffer | object, headers: Record<string, string> = single) => ({
  method: 'POST' as const,
  url,
  headers,
  payload,
})

test('a batch is stored as it was sent, under the tenant of the credential, and answered only then', async () => {
  const { app, records, counted } = aServer()
  const sent = [
    anEvent(),
    anEvent({ id: 'e2', type: 'chat.sent', correlationid: undefined, data: { conversation_id: 'c9' } }),
  ]
  const answer = await app.inject(post('/v1/events', JSON.stringify(sent), { ...batchType, ...asKey(acmeKey) }))
  expect(answer.statusCode).toBe(202)
  expect(answer.json()).toEqual({ accepted: 2 })
  expect(records.map(({ topic, key, headers }) => ({ topic, key, headers }))).toEqual([
    { topic: 'call-events', key: 'call-1', headers: { 'callscope-tenant': 'acme' } },
    { topic: 'chat-events', key: 'c9', headers: { 'callscope-tenant': 'acme' } },
  ])
  expect(JSON.parse(records[0]?.value as string)).toEqual(sent[0])
  expect(counted).toEqual(['events accepted 2'])
})

test('binary mode takes attributes from ce- headers, percent-decoded', async () => {
  const { app, records } = aServer()
  const { data, ...attributes } = anEvent({ source: '/sbc/ä' })
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeURIComponent(String(value))]),
  )
  const answer = await app.inject(
    post('/v1/events', JSON.stringify(data), { ...headers, 'content-type': 'application/json' }),
  )
  expect(answer.statusCode).toBe(202)
  expect(JSON.parse(records[0]?.value as string)).toMatchObject({
    source: '/sbc/ä',
    type: 'call.started',
    data: { from: 'a' },
  })
})

test('one bad event refuses the batch, names index, field and fix, and never quotes a value', async () => {
  const { app, records, counted } = aServer()
  const bad = [
    anEvent(),
    anEvent({ id: 'e2', data: { from: 'secret-person', sip_code: 'no', direction: 'sideways' } }),
    anEvent({ type: 'call.exploded' }),
  ]
  const answer = await app.inject(post('/v1/events', JSON.stringify(bad), batchType))
  expect(answer.statusCode).toBe(400)
  const { errors } = answer.json<{ errors: { index: number; field: string; fix: string }[] }>()
  expect(errors).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ index: 1, field: 'data.direction' }),
      { index: 1, field: 'data.sip_code', fix: 'is not a known field: remove it' },
      expect.objectContaining({ index: 2, field: 'type' }),
    ]),
  )
  expect(answer.body).not.toMatch(/secret-person|sideways/)
  expect(records).toEqual([])
  expect(counted).toEqual(['events invalid 2'])
})

test.each([
  ['malformed JSON', '{"a":', /not JSON/],
  ['deep nesting', '['.repeat(200_000) + ']'.repeat(200_000), /nested deeper|not JSON/],
  ['a __proto__ key', JSON.stringify(anEvent()).replace('"from"', '"__proto__"'), /__proto__/],
  ['NaN', '{"specversion": NaN}', /not JSON/],
  ['an event older than the pipelines take', JSON.stringify(anEvent({ time: '2026-04-25T11:59:00Z' })), /6 days old/],
  ['an event of 1970', JSON.stringify(anEvent({ time: '1970-01-01T00:00:00Z' })), /days old/],
  ['an event of 2100', JSON.stringify(anEvent({ time: '2100-01-01T00:00:00Z' })), /ahead of our clock/],
  [
    'a counter beyond 2^53',
    JSON.stringify(
      anEvent({
        type: 'quality.sample',
        data: { observer: 'sbc', direction: 'send', interval_ms: 1000, packets_received: 2 ** 60 },
      }),
    ),
    /packets_received/,
  ],
  [
    'a negative counter',
    JSON.stringify(
      anEvent({
        type: 'quality.sample',
        data: { observer: 'sbc', direction: 'send', interval_ms: 1000, packets_received: -1 },
      }),
    ),
    /packets_received/,
  ],
])('%s is a clear 400, and the next good event still goes through', async (_name, payload, says) => {
  const { app, records } = aServer()
  const answer = await app.inject(post('/v1/events', payload))
  expect(answer.statusCode).toBe(400)
  expect(answer.body).toMatch(says)
  expect((await app.inject(post('/v1/events', anEvent()))).statusCode).toBe(202)
  expect(records).toHaveLength(1)
})

test('a payload that names another tenant is refused, counted and kept as a dead letter', async () => {
  const { app, records, parked, counted } = aServer()
  const answer = await app.inject(post('/v1/events', anEvent({ tenantid: 'globex' }), { ...single, ...asKey(acmeKey) }))
  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ errors: [{ field: 'tenantid' }] })
  expect(records).toEqual([])
  expect(parked).toMatchObject([{ reason: 'tenant_mismatch', topic: 'call-events', tenant: 'acme' }])
  expect(counted).toEqual(['events tenant_mismatch 1'])
})

test('an event that the log or its readers would refuse later is refused at once, with its limit and its place', async () => {
  const { app, records, parked, counted } = aServer()
  const of = (bytes: number, changes = {}) => {
    const spare = bytes - JSON.stringify(anEvent({ ...changes, note: '' })).length
    return anEvent({ ...changes, note: `${'é'.repeat(Math.floor(spare / 2))}${'x'.repeat(spare % 2)}` })
  }
  for (const bytes of [eventBytesTaken + 1, 1_048_577, 1_900_000]) {
    const answer = await app.inject(post('/v1/events', [anEvent(), of(bytes)], batchType))
    expect([bytes, answer.statusCode]).toEqual([bytes, 413])
    expect(answer.json().errors).toEqual([
      { index: 1, field: '(whole)', fix: expect.stringMatching(/1,000,000 bytes/) },
    ])
    const foreign = await app.inject(post('/v1/events', of(bytes, { tenantid: 'acme' }), single))
    expect([foreign.statusCode, foreign.json().errors[0]]).toEqual([413, expect.not.objectContaining({ index: 0 })])
  }
  expect([records, parked]).toEqual([[], []])
  expect(new Set(counted)).toEqual(new Set(['events too_large 1']))
  const long = of(eventBytesTaken)
  expect(Buffer.byteLength(JSON.stringify(long))).toBe(eventBytesTaken)
  expect((await app.inject(post('/v1/events', long, single))).statusCode).toBe(202)
})

test('a body of nothing but empty objects is refused before it is parsed', async () => {
  const { app } = aServer()
  for (const url of ['/v1/events', '/v1/getstats']) {
    const answer = await app.inject(post(url, `[${'{},'.repeat(400_000)}{}]`, { 'content-type': 'application/json' }))
    expect([answer.statusCode, answer.json().detail]).toEqual([413, expect.stringMatching(/300,000 objects and lists/)])
  }
})

test('what brokers find too large is refused for good, and not to be sent again', async () => {
  const error = new KafkaError('append', Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }))
  const { app, counted } = aServer({ log: { append: () => Promise.reject(error) } })
  const answer = await app.inject(post('/v1/events', anEvent(), single))
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([413, undefined])
  expect(answer.json().detail).toMatch(/max\.message\.bytes/)
  expect(counted).toEqual(['events too_large 1'])
})

test('bodies too large, compressed or not, are 413 and cost no memory', async () => {
  const { app, counted } = aServer()
  expect((await app.inject(post('/v1/events', Buffer.alloc(20 * 1_048_576, 32)))).statusCode).toBe(413)
  const bomb = gzipSync(Buffer.alloc(200 * 1_048_576))
  expect(bomb.length).toBeLessThan(300_000)
  const before = process.memoryUsage().rss
  expect((await app.inject(post('/v1/events', bomb, { ...single, 'content-encoding': 'gzip' }))).statusCode).toBe(413)
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1_048_576)
  expect(counted).toEqual(['events too_large 1', 'events too_large 1'])
})

test('a gzipped event is taken; an unknown encoding or content type is not', async () => {
  const { app } = aServer()
  expect(
    (
      await app.inject(
        post('/v1/events', gzipSync(JSON.stringify(anEvent())), { ...single, 'content-encoding': 'gzip' }),
      )
    ).statusCode,
  ).toBe(202)
  expect((await app.inject(post('/v1/events', 'x', { ...single, 'content-encoding': 'br2' }))).statusCode).toBe(415)
  expect((await app.inject(post('/v1/events', 'x', { 'content-type': 'text/csv' }))).statusCode).toBe(415)
  expect((await app.inject(post('/v1/events', 'x', { 'content-type': 'application/octet-stream' }))).statusCode).toBe(
    415,
  )
})

test('when the log cannot take records, the answer says to come again', async () => {
  const { app, counted } = aServer({ log: { append: async () => Promise.reject(new Error('disk full')) } })
  const answer = await app.inject(post('/v1/events', anEvent()))
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(counted).toEqual(['events not_stored 1'])
})

test('headers of ours that a client sends never reach the log', async () => {
  const { app, records } = aServer()
  await app.inject(post('/v1/events', anEvent(), { ...single, 'callscope-run': 'mine', ...asKey(acmeKey) }))
  expect(records[0]?.headers).toEqual({ 'callscope-tenant': 'acme' })
})

test('an administrator who names no tenant sends for the only one, and where there are several for none', async () => {
  const send = (tenants: readonly string[], url = '/v1/events', body: object = anEvent(), headers: object = single) => {
    const directory = { findKey: async () => undefined, tenants: async () => tenants.map((id) => ({ id, name: id })) }
    const { app, records } = aServer({ tenants: directory })
    const asked = app.inject(post(url, body, { ...headers, ...asKey(administratorToken) }))
    return asked.then((answer) => ({ answer, tenant: records[0]?.headers?.[recordHeaders.tenant] }))
  }
  expect((await send(['acme'])).tenant).toBe('acme')
  const unnamed = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'whose?' } }] }] }] }
  for (const [url, body, headers] of [
    ['/v1/events', anEvent(), single],
    ['/v1/logs', unnamed, { 'content-type': 'application/json' }],
  ] as const) {
    const { answer, tenant } = await send(['acme', 'globex'], url, body, headers)
    expect([answer.statusCode, tenant]).toEqual([400, undefined])
    expect(answer.json().detail).toMatch(/^callscope-tenant: there are several tenants: name the one/)
  }
})

test('the administrator may send for a tenant by name, for known ones only', async () => {
  const { app, records } = aServer()
  const as = (tenant: string) =>
    post('/v1/events', anEvent(), { ...single, ...asKey(administratorToken), 'callscope-tenant': tenant })
  expect((await app.inject(as('acme'))).statusCode).toBe(202)
  expect(records[0]?.headers).toEqual({ 'callscope-tenant': 'acme' })
  expect((await app.inject(as('nobody'))).statusCode).toBe(400)
})

test('OTLP logs, JSON and gzipped, go to the log as they came', async () => {
  const { app, records } = aServer()
  const body = readFileSync(join(import.meta.dirname, '../../tests/fixtures/opentelemetry-proto/logs.json'))
  const answer = await app.inject(
    post('/v1/logs', gzipSync(body), {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      ...asKey(acmeKey),
    }),
  )
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({})
  expect(records).toMatchObject([
    { topic: 'app-logs', key: null, headers: { 'callscope-tenant': 'acme', 'content-type': 'application/json' } },
  ])
  expect(Buffer.from(records[0]?.value as Uint8Array)).toEqual(body)
})

test('OTLP that names another tenant is partly refused; what is no OTLP is 400 with a status', async () => {
  const { app, counted } = aServer()
  const spans = [
    {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      name: 'x',
      kind: 2,
      startTimeUnixNano: '1777636740000000000',
      endTimeUnixNano: '1777636741000000000',
      attributes: [{ key: 'tenant_id', value: { stringValue: 'globex' } }],
    },
  ]
  const partly = await app.inject(
    post('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }, { 'content-type': 'application/json' }),
  )
  expect(partly.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } })
  expect(counted).toContain('traces tenant_mismatch 1')
  const broken = await app.inject(
    post('/v1/traces', Buffer.from([255, 255, 255]), { 'content-type': 'application/x-protobuf' }),
  )
  expect(broken.statusCode).toBe(400)
  expect(broken.headers['content-type']).toBe('application/x-protobuf')
})

test('a reader may not send, and an unknown key may do nothing', async () => {
  const { app } = aServer()
  expect((await app.inject(post('/v1/events', anEvent(), { ...single, ...asKey(readerKey) }))).statusCode).toBe(403)
  expect((await app.inject(post('/v1/events', anEvent(), { ...single, ...asKey('nonsense') }))).statusCode).toBe(401)
})
