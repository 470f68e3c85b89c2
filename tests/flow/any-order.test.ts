import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { batches, batchesOf, type Delivery, delivery } from './deliveries.ts'
import { type Flow, monthEnd, startFlow } from './flow.ts'
import { type CallShape, wholeCall } from './whole-call.ts'

const minuteMs = 60_000

let flow: Flow
let month = 0
beforeAll(async () => {
  flow = await startFlow(monthEnd(0) - 30 * minuteMs)
})
afterAll(() => flow?.stop())

const shape: fc.Arbitrary<CallShape> = fc.record({
  losses: fc.array(fc.constantFrom(0, 0, 0, 2, 12, 60, 250), { minLength: 20, maxLength: 30 }),
  counters: fc.array(
    fc.record({
      received: fc.integer({ min: 0, max: 600 }),
      lost: fc.constantFrom(0, 0, 5, 40, -2),
      // Some reports are missing for a minute or more, and then nothing is known of that minute.
      afterMs: fc.constantFrom(5_000, 5_000, 10_000, 59_999, 60_000, 60_001, 75_000),
    }),
    { minLength: 5, maxLength: 8 },
  ),
  restartAt: fc.integer({ min: 1, max: 8 }),
  restartTold: fc.boolean(),
})

/** Between two batches everything is dealt with and the clock goes on, so that records are made of what is there. */
const rests = fc.subarray([0, 1, 2], { minLength: 1, maxLength: 2 })

/** Gives each delivery a tenant of its own; batch n of all of them goes in at once, and so does what `during` says. */
async function deliverAll(
  messages: (tenant: string) => readonly NewRecord[],
  deliveries: readonly Delivery[],
  restAfter: readonly number[],
  during: (tenant: string, batch: number, delivery: number) => Promise<void> = async () => undefined,
): Promise<readonly string[]> {
  const cases = deliveries.map((each) => {
    const tenant = flow.freshTenant()
    return { tenant, queue: batchesOf(messages(tenant), each) }
  })
  for (let n = 0; n < batches; n++) {
    await flow.deliver(...cases.flatMap(({ queue }) => queue[n] ?? []))
    for (const [at, { tenant }] of cases.entries()) await during(tenant, n, at)
    if (!restAfter.includes(n)) continue
    await flow.drained()
    flow.clock.advance(4 * minuteMs)
  }
  return cases.map(({ tenant }) => tenant)
}

async function settledAlike(tenants: readonly string[]) {
  const [expected = {}, ...others] = await flow.allSettled(tenants)
  for (const records of others) expect(records).toEqual(expected)
  return expected
}

/** The next midnight that ends a month: each case has one of its own. */
function nextMidnight(): number {
  const midnightMs = monthEnd(month++)
  flow.clock.reach(midnightMs)
  return midnightMs
}

describe('any permutation, duplication and batching of messages gives the same settled records', () => {
  test('a call under two ids: late links, codecs, carriers and starts, two observers, counters, conflicts', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.array(delivery, { minLength: 5, maxLength: 5 }),
        rests,
        async (ofCall, deliveries, restAfter) => {
          const midnightMs = nextMidnight()
          const messages = (tenant: string) => wholeCall(tenant, midnightMs, ofCall)
          const straight = flow.freshTenant()
          await flow.deliver(...messages(straight))
          const tenants = await deliverAll(messages, deliveries, restAfter)
          const expected = await settledAlike([straight, ...tenants])
          expect(Object.keys(expected)).toEqual(['a'])
          expect(expected.a?.correlationIds).toEqual(['a', 'b'])
        },
      ),
      { numRuns: 3, endOnFailure: true },
    )
  }, 180_000)

  test('a cut by hand, whenever it is made, parts the halves and leaves no trace of what was one', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.array(delivery, { minLength: 4, maxLength: 4 }),
        rests,
        async (ofCall, deliveries, restAfter) => {
          const midnightMs = nextMidnight()
          const all = (tenant: string) => wholeCall(tenant, midnightMs, ofCall)
          const halves = (tenant: string, id: string) => all(tenant).filter(({ key }) => key === id || key === null)
          const [aAlone, bAlone] = [flow.freshTenant(), flow.freshTenant()]
          await flow.deliver(...halves(aAlone, 'a'), ...halves(bAlone, 'b'))
          // The first is cut before there is anything to cut, the last when everything is there.
          const tenants = await deliverAll(all, deliveries, restAfter, async (tenant, batch, at) => {
            if (batch === at) await flow.announceCut(tenant, ['b', 'a'], ['a', 'b'])
          })
          const apart = await settledAlike(tenants)
          expect(Object.keys(apart)).toEqual(['a', 'b'])
          const [onlyA, onlyB] = await flow.allSettled([aAlone, bAlone], 0)
          expect(apart).toEqual({ a: onlyA?.a, b: onlyB?.b })
          const [rejoined = ''] = tenants
          await flow.announceCut(rejoined, ['a', 'b'], ['a', 'b'], 'join')
          expect(Object.values(await flow.settled(rejoined, 0)).map(({ correlationIds }) => correlationIds)).toEqual([
            ['a', 'b'],
          ])
        },
      ),
      { numRuns: 1, endOnFailure: true },
    )
  }, 120_000)
})
