import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordHeaders } from '#contracts/pipeline.ts'
import { messagesOf } from '#tests/builders.ts'
import { type Flow, startFlow } from './flow.ts'

const dayMs = 86_400_000
const rawTables = ['quality_samples', 'call_events', 'cdr_records', 'call_links', 'call_evidence']

// Raw goes by the engine's own clock, so what is to have gone has to be older than retention by that clock too.
let flow: Flow
let pair: Awaited<ReturnType<typeof aPair>>
beforeAll(async () => {
  flow = await startFlow(Date.now() - 35 * dayMs)
  for (const table of rawTables) await flow.warehouse.command({ query: `SYSTEM STOP TTL MERGES ${table}` })
  pair = await aPair()
})
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

test('a call whose raw has gone stays as it was, and takes in only what it can be told beside its events', async () => {
  const tenant = flow.freshTenant()
  const { event, sample } = messagesOf(tenant)
  const startMs = Math.floor(flow.clock.now() / 60_000) * 60_000 - 600_000
  const at = (second: number) => startMs + second * 1_000
  const iso = (second: number) => new Date(at(second)).toISOString()
  const signalling = (id: string, extra: object = {}) => [
    event(id, 'call.started', at(0), { from: 'p-1', to: 'p-2', ...extra }),
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

  await expireRaw()
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
  expect(linked?.streams.map(({ measuredMs }) => measuredMs)).toEqual([5_000, 55_000])
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
