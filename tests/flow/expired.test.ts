import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { messagesOf, traceOf } from '#tests/builders.ts'
import { type Flow, startFlow } from './flow.ts'

const dayMs = 86_400_000
const rawTables = ['call_events', 'cdr_records', 'call_evidence', 'quality_samples', 'call_links']

// Raw goes by the engine's own clock, so what is to have gone has to be older than retention by that clock too.
let flow: Flow
let heard: Awaited<ReturnType<typeof heardCalls>>
let pair: Awaited<ReturnType<typeof aPair>>
let halves: Awaited<ReturnType<typeof twoHalves>>
beforeAll(async () => {
  flow = await startFlow(Date.now() - 35 * dayMs)
  for (const table of rawTables) await flow.warehouse.command({ query: `SYSTEM STOP TTL MERGES ${table}` })
  heard = await heardCalls()
  pair = await aPair()
  halves = await twoHalves()
  await expireRaw()
}, 30_000)
afterAll(() => flow?.stop())

/** What comes with an import is judged by its own window: nothing else may be as old as this. */
const imported = { headers: { [recordHeaders.run]: 'run-1' } }

async function expireRaw(): Promise<void> {
  await flow.drained()
  flow.clock.advance(40 * dayMs)
  for (const table of rawTables) {
    await flow.warehouse.command({ query: `SYSTEM START TTL MERGES ${table}` })
    await flow.warehouse.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
  }
}

const rawRows = async (tenant: string, table: string) => {
  const [[count] = [-1]] = await flow.rows<[number]>(`SELECT count() FROM ${table} WHERE tenant = '${tenant}'`)
  return count
}

async function heardCalls() {
  const tenant = flow.freshTenant()
  const { event, sample } = messagesOf(tenant)
  const startMs = Math.floor(flow.clock.now() / 60_000) * 60_000 - 600_000
  const at = (second: number) => startMs + second * 1_000
  const signalling = (id: string) => [
    event(id, 'call.started', at(0), { from: 'p-1', to: 'p-2' }),
    event(id, 'call.answered', at(5), { carrier: 'northtel', codec: 'PCMU' }),
    event(id, 'call.ended', at(65), { sip_code: 200 }),
  ]
  const media = (id: string) =>
    Array.from({ length: 11 }, (_, n) => sample(id, at(10 + 5 * n), { packets_received: 250 - n, packets_lost: n }))
  await flow.deliver(
    ...signalling('heard'),
    ...media('heard'),
    ...signalling('unheard'),
    ...signalling('linked'),
    ...media('linked'),
  )
  const before = await flow.settled(tenant)
  expect(Object.keys(before)).toEqual(['heard', 'linked', 'unheard'])
  return { tenant, at, before }
}

test('a call whose raw has gone stays as it was, and takes in only what it can be told beside its events', async () => {
  const { tenant, at, before } = heard
  const { event, sample } = messagesOf(tenant)
  const iso = (second: number) => new Date(at(second)).toISOString()
  expect(await rawRows(tenant, 'quality_samples')).toBe(0)
  expect(await rawRows(tenant, 'call_events')).toBe(0)
  await flow.announce(tenant, Object.keys(before), {
    minutes: [(at(10) / 60_000) | 0, (at(60) / 60_000) | 0],
    rescore: true,
  })
  await flow.drained()
  expect(await flow.recordsOf(tenant)).toEqual(before)

  // Late rows: of a minute that stands, of a record that stands, and the same once more.
  const late = [
    sample('heard', at(12), { packets_received: 0, packets_lost: 250 }, imported),
    event('heard', 'call.held', at(20), { carrier: 'late' }, imported),
    event('unheard', 'call.held', at(20), { carrier: 'late' }, imported),
  ]
  await flow.deliver(...late, ...late)
  await flow.drained()
  expect(await flow.recordsOf(tenant)).toEqual(before)
  const letters = await flow.letters(tenant)
  expect(letters.map(({ reason }) => reason)).toEqual(Array(6).fill('too_late'))
  expect(await rawRows(tenant, 'call_events')).toBe(0)

  // A CDR is folded with the events that the record has kept, and so is the next one.
  for (const [n, seconds] of [60, 61].entries()) {
    const cdr = (id: string) =>
      event(id, 'cdr.recorded', at(70 + n), { duration_seconds: seconds, started_at: iso(0) }, imported)
    await flow.deliver(cdr('heard'), cdr('unheard'))
    await flow.drained()
  }
  const billed = await flow.settled(tenant)
  for (const id of ['heard', 'unheard']) expect(billed[id]).toEqual({ ...before[id], cdr: { durationSeconds: 60 } })

  // A late link joins two calls, and a third that nobody knew, which is computed however old it is.
  await flow.deliver(
    event('older', 'call.started', at(-5), { linked_correlation_id: 'linked' }, imported),
    event('older', 'call.ended', at(-1), {}, imported),
    sample('older', at(-2), {}, imported),
  )
  const { linked, older, ...others } = await flow.settled(tenant)
  expect(older).toBeUndefined()
  expect(Object.keys(others)).toEqual(['heard', 'unheard'])
  expect(linked).toMatchObject({
    correlationIds: ['linked', 'older'],
    startedMs: at(-5),
    endedMs: at(65),
    carrier: 'northtel',
    eventCount: 5,
  })
  // The sample began before its call did, and counts from there.
  expect(linked?.streams.map(({ measuredMs }) => measuredMs)).toEqual([55_000, 3_000])
  await flow.announce(tenant, ['older'])
  await flow.drained()
  expect((await flow.recordsOf(tenant)).linked).toEqual(linked)
})

test('a call under two ids stays one though all that it was made of has gone', async () => {
  const { event } = messagesOf(pair.tenant)
  expect(await rawRows(pair.tenant, 'call_events')).toBe(0)
  await flow.deliver(event('b', 'cdr.recorded', pair.startMs + 70_000, { duration_seconds: 59 }, imported))
  await flow.drained()
  expect(await flow.recordsOf(pair.tenant)).toEqual({ a: { ...pair.before.a, cdr: { durationSeconds: 59 } } })
})

async function aPair() {
  const tenant = flow.freshTenant()
  const { event } = messagesOf(tenant)
  const startMs = Math.floor(flow.clock.now()) - 600_000
  const both = { call_id: 'k-1' }
  await flow.deliver(
    event('a', 'call.started', startMs, both),
    event('b', 'call.started', startMs + 1_000, both),
    event('b', 'call.ended', startMs + 60_000),
    event('a', 'call.ended', startMs + 61_000),
  )
  const before = await flow.settled(tenant)
  expect(Object.keys(before)).toEqual(['a'])
  return { tenant, startMs, before }
}

/** What is known of two calls before their raw goes, and what comes late: a call detail, its rival, a log line, and a link. */
function halvesOf(tenant: string, at: (second: number) => number) {
  const { event, log, span } = messagesOf(tenant)
  const late = (message: NewRecord): NewRecord => ({ ...message, headers: { ...message.headers, ...imported.headers } })
  const signalling = (id: string, second: number, trace: string) => [
    event(id, 'call.started', at(second), { from: 'p-1', to: 'p-2' }, { trace }),
    event(id, 'call.answered', at(second + 5)),
    event(id, 'call.ended', at(second + 60), { sip_code: 200 }),
  ]
  const cdr = (id: string, second: number, duration: number, more: object = {}) =>
    event(id, 'cdr.recorded', at(second), { duration_seconds: duration, ...more })
  return {
    early: [
      ...signalling('a', 0, traceOf('1')),
      ...signalling('b', 61, traceOf('2')),
      cdr('a', 62, 55),
      cdr('b', 122, 54),
      log(at(20), 'no answer from gateway', { id: 'a', severity: 17 }),
      log(at(70), 'retrying', { id: 'b' }),
      span(at(3), 'POST /routes', { trace: traceOf('1'), failed: true }),
    ],
    late: [
      cdr('a', 62, 56),
      cdr('a', 63, 57),
      log(at(21), 'gateway is back', { id: 'a' }),
      cdr('b', 123, 53, { linked_correlation_id: 'a' }),
      // A repeat changes nothing.
      log(at(20), 'no answer from gateway', { id: 'a', severity: 17 }),
      cdr('a', 62, 55),
    ].map(late),
  }
}

/** Tenants with the same two calls: the first was told everything in time, the others hear the rest when raw has gone. */
async function twoHalves() {
  const startMs = Math.floor(flow.clock.now()) - 600_000
  const at = (second: number) => startMs + second * 1_000
  const tenants = Array.from({ length: 3 }, () => flow.freshTenant())
  const messages = tenants.map((tenant) => halvesOf(tenant, at))
  await flow.deliver(...messages.flatMap(({ early }) => early), ...(messages[0]?.late ?? []))
  const [whole, ...apart] = await flow.allSettled(tenants)
  return { tenants: tenants.slice(1), messages: messages.slice(1), whole, apart, at }
}

test('what comes when raw has gone is folded with what raw held, in any order, as if it had come in time', async () => {
  const { tenants, messages, whole, apart } = halves
  for (const records of apart) {
    expect(Object.keys(records)).toEqual(['a', 'b'])
    expect(records.a).toMatchObject({ cdr: { durationSeconds: 55 }, evidenceCount: 2 })
    expect(records.b).toMatchObject({ cdr: { durationSeconds: 54 }, evidenceCount: 1 })
  }
  for (const tenant of tenants) for (const table of rawTables.slice(0, 3)) expect(await rawRows(tenant, table)).toBe(0)
  for (let n = 0; n < (messages[0]?.late.length ?? 0); n++) {
    await flow.deliver(...messages.flatMap(({ late }, at) => (at === 0 ? late : [...late].reverse())[n] ?? []))
    await flow.drained()
    // What has come late goes too, in its time, and then the record alone knows of it.
    for (const table of rawTables.slice(0, 3)) await flow.warehouse.command({ query: `TRUNCATE TABLE ${table}` })
  }
  const merged = await flow.allSettled(tenants)
  expect(whole).toMatchObject({ a: { correlationIds: ['a', 'b'], eventCount: 6, evidenceCount: 4 } })
  for (const records of merged) expect(records).toEqual(whole)
})

test('a late event of calls that a late link has joined is a dead letter, and leaves their record as it was', async () => {
  const { tenants, whole, at } = halves
  const [tenant = ''] = tenants
  const { event } = messagesOf(tenant)
  await flow.deliver(event('b', 'call.held', at(80), { carrier: 'late' }, imported))
  await flow.drained()
  await flow.announce(tenant, ['a', 'b'], { rescore: true })
  await flow.drained()
  expect(await flow.recordsOf(tenant)).toEqual(whole)
  expect((await flow.letters(tenant)).map(({ reason }) => reason)).toEqual(['too_late'])
})
