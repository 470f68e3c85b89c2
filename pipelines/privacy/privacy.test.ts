import { expect, test } from 'vitest'
import type { LogLine } from '#contracts/signals/otlp.ts'
import { keyKindOf } from './attribute-keys.ts'
import { privacyConfig } from './config.ts'
import { erasedSubjects, subjectsOf } from './erased.ts'
import { createPrivacy, defaultPrivacy } from './privacy.ts'
import { resolvePrivacy } from './settings.ts'

const whose = { tenant: 't', atMs: Date.UTC(2026, 5, 1) }
const line = (body: string, attributes: LogLine['attributes'] = {}, resource: LogLine['resource'] = {}): LogLine => ({
  ...{
    timeUnixNano: '1',
    severityNumber: 9,
    severityText: '',
    traceId: '',
    spanId: '',
    serviceName: 's',
    scopeName: '',
  },
  ...{ body, attributes, resource },
})

test('by default parties are as sent, and free text is scrubbed', () => {
  const data = { from: '+4930123456', error: 'no route to +4930123456' }
  expect(defaultPrivacy.data(data, whose)).toEqual({ data: { ...data, error: 'no route to ‹number›' }, erased: false })
  expect(defaultPrivacy.line(line('+4930123456 called', { caller: '+4930123456' }), whose)).toMatchObject({
    body: '‹number› called',
    attributes: { caller: '+4930123456' },
  })
})

test('what holds nothing personal comes back as the same object', () => {
  const data = { queue: 'q', call_id: 'c-1' }
  expect(defaultPrivacy.data(data, whose).data).toBe(data)
  const plain = line('answered', { code: 200, list: ['a'], deep: { b: true } })
  expect(defaultPrivacy.line(plain, whose)).toBe(plain)
})

test.each([
  ...([
    ['correlation_id', 'id'],
    ['sip.call_id', 'id'],
    ['service.name', 'id'],
    ['k8s.pod.ip', 'id'],
  ] as const),
  ...([
    ['Authorization', 'secret'],
    ['http.request.header.set-cookie', 'secret'],
    ['db.password', 'secret'],
    ['api-key', 'secret'],
    ['refresh_token', 'secret'],
  ] as const),
  ...([
    ['sip.from', 'party'],
    ['enduser.id', 'party'],
    ['app.caller_number', 'party'],
    ['msisdn', 'party'],
  ] as const),
  ...([
    ['llm.tokens', 'text'],
    ['client.address', 'text'],
    ['http.method', 'text'],
    ['tokenizer', 'text'],
    ['constructor', 'text'],
  ] as const),
])('attribute %s holds %s', (key, kind) => expect(keyKindOf(key)).toBe(kind))

test('secrets are left out at every depth, and everything else is looked at', () => {
  const attributes = {
    deep: { list: [{ password: 'x', peer: '203.0.113.9' }] },
    authorization: 'Bearer x',
    sip_call_id: 'a@203.0.113.9',
  }
  expect(defaultPrivacy.line(line('', attributes), whose).attributes).toEqual({
    deep: { list: [{ peer: '‹ip›' }] },
    sip_call_id: 'a@203.0.113.9',
  })
})

test('a resource that many lines share is cleaned once', () => {
  const resource = { 'service.name': 's', peer: '203.0.113.9' }
  const [a, b] = [line('a', {}, resource), line('b', {}, resource)].map((each) => defaultPrivacy.line(each, whose))
  expect(a?.resource).toEqual({ 'service.name': 's', peer: '‹ip›' })
  expect(b?.resource).toBe(a?.resource)
})

const resolved = resolvePrivacy(privacyConfig.parse({ default: { freeText: 'clear', defaultRegion: 'DE' } }), {
  ...{ nowMs: whose.atMs, readFile: () => '' },
})
const settings = resolved.type === 'settings' ? resolved.settings : undefined
if (settings === undefined) throw new Error('refused')
const erasures = [
  { kind: 'party', subjects: subjectsOf('030 1234567', { tenant: 't', salt: 'salt', settings }) },
  { kind: 'call', subjects: ['c-9'] },
] as const
const forgetful = createPrivacy({
  settings,
  erased: () =>
    erasedSubjects(
      erasures.map((erasure, at) => ({ ...erasure, sequence: at, tenant: 't', madeBy: '', madeMs: 0 })),
      'salt',
    ),
})

test('an erased person is cut out of text that is otherwise as sent', () => {
  expect(forgetful.line(line('+49 30 1234567 called +49 30 7654321 from 203.0.113.9'), whose).body).toBe(
    'erased called +49 30 7654321 from 203.0.113.9',
  )
  expect(forgetful.data({ from: 'sip:+49301234567@x', to: '+49307654321' }, whose)).toEqual({
    data: { from: 'erased', to: '+49307654321' },
    erased: true,
  })
  const other = { from: '+49301234567' }
  expect(forgetful.data(other, { ...whose, tenant: 'u' })).toEqual({ data: other, erased: false })
})

test('what is erased stays so when it is looked at again, and is told from what is not', () => {
  const { data } = forgetful.data({ from: '+49301234567' }, whose)
  expect(forgetful.data(data, whose)).toEqual({ data, erased: true })
})

test('everybody in an erased call is', () => {
  expect(
    forgetful.data({ from: 'a', to: 'sip:b@c.example', account_id: 'x' }, { ...whose, correlationId: 'c-9' }).data,
  ).toEqual({
    ...{ from: 'erased', to: 'erased', account_id: 'erased' },
  })
})

test('the audit log keeps saying who did what', () => {
  expect(forgetful.audit({ actor_id: '+49301234567' }, whose)).toEqual({ actor_id: '+49301234567' })
})
