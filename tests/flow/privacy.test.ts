import { afterAll, beforeAll, expect, test } from 'vitest'
import { createErasureDesk } from '#app/desk/erasure-desk.ts'
import { createForgets } from '#app/desk/forgets.ts'
import { watchEmbedded } from '#app/stores/open-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { type PrivacyConfig, privacyConfig } from '#pipelines/privacy/config.ts'
import { resolveComponents } from '#pipelines/summaries/components.ts'
import { messagesOf, traceOf } from '#tests/builders.ts'
import { createEraser } from '#warehouse/erase/eraser.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { type Flow, type Stage, startFlow } from './flow.ts'

/** A moment between two keys, ten minutes before now. */
const nowMs = Math.floor(Date.now() / 1_000) * 1_000
const rotationMs = nowMs - 600_000 + 60_000
const clear = ['t190', 't191', 't192'] as const

const privacy: PrivacyConfig = privacyConfig.parse({
  default: { parties: 'hmac', defaultRegion: 'DE' },
  tenants: Object.fromEntries(clear.map((tenant) => [tenant, { freeText: 'clear', defaultRegion: 'DE' }])),
  keys: [
    { id: 'k1', validFrom: '2020-01-01T00:00:00Z', secret: 'the first of two keys, long enough' },
    { id: 'k2', validFrom: new Date(rotationMs).toISOString(), secret: 'the second of two keys, long enough' },
  ],
})

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(nowMs, { privacy })
}, 60_000)
afterAll(() => flow?.stop())

/** On one time line for all, whatever the clock says meanwhile: keys are chosen by it. */
const stageOf = (tenant: string): Stage => ({
  ...{ tenant, at: (second) => nowMs - 600_000 + second * 1_000 },
  ...messagesOf(tenant),
})
const aStage = (): Stage => stageOf(flow.freshTenant())

const tables = [
  'call_events',
  'cdr_records',
  'call_evidence',
  'call_links',
  'quality_samples',
  'audit_log',
  'otel_logs',
  'otel_traces',
  'calls',
  'call_keys',
  'call_minutes',
]

/** Everything stored of a tenant, as text, every version that lies in the store. */
async function storedOf(tenant: string): Promise<string> {
  const parts = await Promise.all(
    tables.map((table) =>
      flow.rows<[string]>(
        `SELECT toString(tuple(*)) FROM ${table} WHERE ${table.startsWith('otel') ? 'Tenant' : 'tenant'} = '${tenant}'`,
      ),
    ),
  )
  return parts.map((rows, at) => `${tables[at]}\n${rows.map(([row]) => row).join('\n')}`).join('\n')
}

const planted = {
  number: '+4930987654321',
  national: '030 9876-54321',
  email: 'planted.person@example.com',
  ip: '203.0.113.77',
  token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl',
  user: 'planted.user',
}
const all = `${planted.number} (${planted.national}) <sip:${planted.user}@example.com> ${planted.email} from ${planted.ip}:5060 Bearer ${planted.token}`
const tail = '987654321'

function everySignal(stage: Stage, id = 'planted-1') {
  const { at, event, sample, log, span } = stage
  const trace = traceOf('a')
  const attributes = {
    'sip.from': `"Planted Person" <sip:${planted.user}@example.com>`,
    'enduser.id': planted.email,
    'client.address': planted.ip,
    caller_number: planted.national,
    authorization: `Bearer ${planted.token}`,
    note: all,
    'http.url': `https://api.example.com/x?token=${planted.token}&q=1`,
  }
  return [
    event(
      id,
      'call.started',
      at(0),
      {
        from: planted.number,
        to: `"Planted Person" <sip:${planted.user}@Example.com;transport=tcp>`,
        account_id: planted.email,
      },
      { trace },
    ),
    event(id, 'call.dequeued', at(1), { queue: 'q', operator_id: `sip:${planted.user}@example.com` }),
    event(id, 'call.answered', at(2), { codec: 'opus', sip_call_id: 'a84b4c76e66710@10.1.2.3' }),
    event(id, 'call.transferred', at(3), { to: planted.national }),
    event(id, 'call.recording_failed', at(4), {
      error: `no route to ${planted.ip} for ${planted.number}`.slice(0, 100),
    }),
    sample(id, at(10), { account_id: planted.email }),
    event(id, 'call.ended', at(30), { sip_code: 200 }),
    event(id, 'cdr.recorded', at(31), { account_id: planted.number, disposition: `busy ${planted.number}` }),
    event(id, 'audit.presigned_url_issued', at(32), {
      actor_id: planted.email,
      object_key: 'recordings/calls/1',
      reason: `asked by ${planted.number}`,
    }),
    log(at(5), all, { id, trace, attributes, severity: 17 }),
    log(at(6), `GET /?password=${planted.user}&x ${all}`, { id, severity: 9 }),
    span(at(7), `dial ${planted.number}`, { id, trace, attributes, failed: true }),
  ]
}

test('of what names a person in any field of any signal nothing is stored, shown as a metric or put into a header', async () => {
  const stage = aStage()
  await flow.deliver(...everySignal(stage))
  // Refused: its body is kept for a replay, its headers are seen by everybody.
  await flow.deliver({
    ...stage.event('planted-1', 'call.started', stage.at(0), { from: planted.number, nonsense: planted.email }),
  })
  await flow.settled(stage.tenant)
  const stored = await storedOf(stage.tenant)
  expect(stored).toContain('planted-1')
  const leaks = [tail, '9876-54321', planted.email, planted.ip, planted.token, planted.user, 'Planted Person']
  for (const leak of leaks) {
    const at = stored.indexOf(leak)
    expect(at < 0 ? '' : stored.slice(Math.max(0, at - 200), at + 100)).toBe('')
  }
  // What links stays as it was sent, or nothing would join.
  expect(stored).toContain('a84b4c76e66710@10.1.2.3')
  const metrics = await flow.metrics()
  const [extent] = await flow.log.extent(topicNames.deadLetter)
  const letters = extent === undefined ? [] : await flow.log.read({ ...extent, offset: extent.start }, 1_000)
  expect(letters).not.toEqual([])
  const headers = JSON.stringify(letters.map((letter) => letter.headers))
  for (const leak of leaks) {
    expect(metrics).not.toContain(leak)
    expect(headers).not.toContain(leak)
  }
})

test('one person is one person however written, under one key; tenants do not join', async () => {
  const [one, other] = [aStage(), aStage()]
  for (const { event, at } of [one, other]) {
    await flow.deliver(
      event('c1', 'call.started', at(0), { from: '+49 30 1234567', to: 'Alice <sip:alice@EXAMPLE.com:5061;x=y>' }),
      event('c2', 'call.started', at(1), { from: '030/1234567', to: 'sip:alice@example.com' }),
      event('c3', 'call.started', at(2), { from: 'anonymous', to: 'sip:0049301234567@carrier.example' }),
      ...['c1', 'c2', 'c3'].map((id) => event(id, 'call.ended', at(5))),
    )
  }
  const [a, b] = await flow.allSettled([one.tenant, other.tenant])
  expect(a?.c1?.from).toMatch(/^h1\.k1\.49\.301\.[\w-]{22}$/)
  expect([a?.c2?.from, a?.c3?.to]).toEqual([a?.c1?.from, a?.c1?.from])
  expect(a?.c2?.to).toBe(a?.c1?.to)
  expect(a?.c3?.from).toBe('anonymous')
  expect(b?.c1?.from).not.toBe(a?.c1?.from)
})

test('a replay stores the same rows, whichever key holds meanwhile', async () => {
  const stage = aStage()
  const { tenant, event, at } = stage
  const messages = [
    ...everySignal(stage, 'before'),
    event('after', 'call.started', at(120), { from: planted.number }),
    event('after', 'call.ended', at(130)),
  ]
  await flow.deliver(...messages)
  const first = await flow.settled(tenant)
  expect(first.before?.from).toMatch(/^h1\.k1\./)
  expect(first.after?.from).toMatch(/^h1\.k2\./)
  const rowsOf = () =>
    flow.rows<[string]>(
      `SELECT toString(tuple(* EXCEPT (expires_at))) FROM call_events FINAL WHERE tenant = '${tenant}' ORDER BY correlation_id, source, id
       UNION ALL SELECT toString(tuple(Hash, Body, LogAttributes)) FROM otel_logs FINAL WHERE Tenant = '${tenant}' ORDER BY Hash
       UNION ALL SELECT toString(tuple(* EXCEPT (ExpiresAt))) FROM otel_traces FINAL WHERE Tenant = '${tenant}' ORDER BY TraceId, SpanId
       UNION ALL SELECT toString(tuple(* EXCEPT (expires_at))) FROM call_evidence FINAL WHERE tenant = '${tenant}' ORDER BY subject, kind, id`,
    )
  const rows = await rowsOf()
  await flow.deliver(...messages)
  expect(await flow.settled(tenant)).toEqual(first)
  expect((await rowsOf()).map(([row]) => row).sort()).toEqual(rows.map(([row]) => row).sort())
})

test('a caller is found by the number that was hashed, under every key that held', async () => {
  const { tenant, event, at } = aStage()
  await flow.deliver(
    event('old', 'call.started', at(0), { from: '+49 30 5556667' }),
    event('new', 'call.started', at(120), { to: '0305556667' }),
    event('else', 'call.started', at(120), { to: '0305556668' }),
    ...['old', 'new', 'else'].map((id) => event(id, 'call.ended', at(125))),
  )
  await flow.settled(tenant)
  const reader = createCallReader(flow.warehouse)
  const query = await flow.privacy.searching({ tenant, q: '030 555 66 67', limit: 10 })
  expect((await reader.list(query)).calls.map(({ id }) => id).sort()).toEqual(['new', 'old'])
  expect((await reader.list({ tenant, q: '030 555 66 67', limit: 10 })).calls).toEqual([])
})

const aDesk = () =>
  createErasureDesk({
    registry: flow.registry,
    privacy: flow.privacy,
    eraser: createEraser(flow.warehouse),
    log: flow.log,
    stores: createForgets(
      { ...flow, watch: watchEmbedded(flow.log), elsewhere: { logs: undefined, tracesRetentionMs: undefined } },
      { config: { topicTenants: {} }, clock: flow.clock.now, spoolFolder: flow.folder },
    ).stores,
    componentsOf: async (members) => {
      const links = createLinkReader(flow.warehouse)
      return [...(await resolveComponents(members, { links, cuts: flow.registry.cuts })).values()].flat()
    },
  })

test.each([
  ['everything stored as sent', 't190'],
  ['hashed parties', undefined],
] as const)(
  'who was erased is nowhere, and no replay brings them back: %s',
  async (_, of) => {
    const stage = of === undefined ? aStage() : stageOf(of)
    const { tenant, event, log, span, at } = stage
    const person = '+49 30 4443322'
    const messages = [
      event('hers', 'call.started', at(0), { from: person, to: '+49 89 1112223' }),
      event('hers', 'call.answered', at(2), {}),
      event('hers', 'call.ended', at(30), { sip_code: 200 }),
      log(at(3), `busy: 030 4443322`, { id: 'hers', attributes: { caller: '004930 4443322' }, severity: 17 }),
      log(at(4), `call to +49 89 1112223`, { id: 'hers', severity: 17 }),
      span(at(5), 'invite', { id: 'hers', attributes: { 'sip.from': 'sip:+49304443322@x.example' }, failed: true }),
      event('not-hers', 'call.started', at(1), { from: '+49 30 4443323' }),
      event('not-hers', 'call.ended', at(9)),
    ]
    await flow.deliver(...messages)
    const before = await flow.settled(tenant)
    const report = await aDesk().erase({ tenant, party: '0049304443322' })
    expect(report).toMatchObject({ purged: true, rows: { call_events: 1 } })
    const check = async () => {
      const records = await flow.settled(tenant)
      expect(records.hers).toMatchObject({
        from: 'erased',
        to: before.hers?.to,
        state: 'settled',
        disposition: 'answered',
      })
      expect(records['not-hers']).toEqual(before['not-hers'])
      const stored = await storedOf(tenant)
      expect(stored).not.toContain('4443322')
      if (before.hers?.from !== undefined) expect(stored).not.toContain(before.hers.from)
      return records
    }
    await check()
    await flow.deliver(...messages)
    const after = await check()
    // Said to a bus that delivers what it likes: what was stored before is said again, in any order.
    await flow.deliver(...[...messages].reverse())
    expect(await check()).toEqual(after)
    expect(after.hers?.evidence.length).toBe(before.hers?.evidence.length)
    expect((await aDesk().list(tenant)).flatMap(({ subjects }) => subjects).join()).not.toContain('4443322')
  },
  60_000,
)

test('everybody in an erased call is forgotten, and the call itself is not', async () => {
  const { tenant, event, log, at } = stageOf('t191')
  const messages = [
    event('gone', 'call.started', at(0), { from: '+49 30 7778899', to: 'sip:bob@example.com', account_id: 'acc-1' }),
    event('gone', 'call.ended', at(30), { sip_code: 200 }),
    log(at(3), 'sip:bob@example.com does not answer', { id: 'gone', severity: 17 }),
  ]
  await flow.deliver(...messages)
  await flow.settled(tenant)
  await aDesk().erase({ tenant, call: 'gone' })
  await flow.deliver(...messages)
  const { gone } = await flow.settled(tenant)
  expect(gone).toMatchObject({ from: 'erased', to: 'erased', endedBecause: 'event' })
  const stored = await storedOf(tenant)
  for (const leak of ['7778899', 'bob@example', 'acc-1']) expect(stored).not.toContain(leak)
}, 60_000)

test('what cannot be erased is refused with what to give instead', async () => {
  const { tenant } = stageOf('t192')
  const desk = aDesk()
  await expect(desk.erase({ tenant })).rejects.toThrow(/party, call: give one/)
  await expect(desk.erase({ tenant, party: 'anonymous' })).rejects.toThrow(/names nobody/)
  await expect(desk.erase({ tenant, party: `h1.k1.49.301.${'x'.repeat(22)}` })).rejects.toThrow(/pseudonym/)
})
