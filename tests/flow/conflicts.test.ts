import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { messagesOf } from '#tests/builders.ts'
import { everyFew, type Flow, startFlow } from './flow.ts'

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow?.stop())

/**
 * Which of two contents stays is decided by their checksums, as good as by chance: of twenty calls some keep either, as long
 * as both contents differ from call to call.
 */
const calls = Array.from({ length: 20 }, (_, n) => `c-${n}`)

/** Two of everything that a producer may say under one identity, and the calls they are of. */
type Rivals = (tenant: string, id: string, at: (second: number) => number) => readonly [NewRecord, NewRecord]

/** Delivers the rivals of each call in this order, with everything computed between; or everything at once. */
async function deliver(rivals: Rivals, at: (second: number) => number, order: 'straight' | 'reversed' | 'at once') {
  const tenant = flow.freshTenant()
  const { event, sample } = messagesOf(tenant)
  const common = calls.flatMap((id) => [
    event(id, 'call.started', at(0)),
    event(id, 'call.ended', at(100)),
    ...everyFew(0, 80).map((second) => sample(id, at(second), { packets_received: 240, packets_lost: 10 })),
  ])
  const pairs = calls.map((id) => rivals(tenant, id, at))
  const [first, second] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)]
  if (order === 'at once') await flow.deliver(...common, ...first, ...second)
  else {
    await flow.deliver(...common, ...(order === 'straight' ? first : second))
    await flow.drained()
    await flow.deliver(...(order === 'straight' ? second : first))
  }
  return tenant
}

async function inEveryOrder(rivals: Rivals) {
  const startMs = Math.floor(flow.clock.now() / 60_000) * 60_000 - 600_000
  const at = (second: number) => startMs + second * 1_000
  const tenants = [
    await deliver(rivals, at, 'at once'),
    await deliver(rivals, at, 'straight'),
    await deliver(rivals, at, 'reversed'),
  ]
  const [whole = {}, ...others] = await flow.allSettled(tenants)
  for (const records of others) expect(records).toEqual(whole)
  const differences = await flow.auditor.look(at(-600), at(600))
  expect(differences).toEqual([])
  return Object.values(whole)
}

const same = { source: '/call-control', eventId: 'said-twice' }

test('a codec that only one of two events with one id states scores the call as the one that stays says', async () => {
  const records = await inEveryOrder((tenant, id, at) => {
    const { event } = messagesOf(tenant)
    return [
      event(id, 'call.routed', at(1), { carrier: `bluewave ${id}` }, same),
      event(id, 'call.routed', at(1), { carrier: `northtel ${id}`, codec: 'PCMU' }, same),
    ]
  })
  const scored = records.map(({ streams }) => streams[0]?.mos.length)
  expect(new Set(scored)).toEqual(new Set([0, 2]))
})

test('an answer that another event of its id takes the place of no longer parts what was heard before it', async () => {
  const records = await inEveryOrder((tenant, id, at) => {
    const { event } = messagesOf(tenant)
    return [
      event(id, 'call.answered', at(42), { carrier: id, codec: 'PCMU' }, same),
      event(id, 'call.ringing', at(2), { carrier: id, codec: 'PCMU' }, same),
    ]
  })
  const seconds = records.map(({ streams }) => streams[0]?.mos[0]?.seconds)
  expect(new Set(seconds)).toEqual(new Set([80, 40]))
})

test('a sample sent as an interval and as a running counter is two, and the one that measured counts', async () => {
  const records = await inEveryOrder((tenant, id, at) => {
    const { sample } = messagesOf(tenant)
    const counter = { scope: 'cumulative', interval_ms: undefined, start_id: 's-1', leg_id: 'callee' }
    return [
      sample(id, at(50), { ...counter, packets_received: 1_000 + Number(id.slice(2)) }),
      sample(id, at(50), { leg_id: 'callee' }),
    ]
  })
  const scopes = records.map(({ streams }) =>
    streams
      .map(({ scope }) => scope)
      .sort()
      .join(),
  )
  // A counter alone has no base, and measures nothing.
  expect(new Set(scopes)).toEqual(new Set(['interval,interval']))
})
