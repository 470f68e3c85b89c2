import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '#contracts/changes.ts'
import { aBacklog, aChange, now } from './backlog-for-tests.ts'

const of = (tenant: string, count: number, change: (id: string) => Change = now): readonly Change[] =>
  Array.from({ length: count }, (_, at) => ({ ...change(`${tenant} ${at}`), tenant }))

const tenantsOf = (taken: readonly { readonly change: Change }[]): readonly string[] =>
  [...new Set(taken.map(({ change }) => change.tenant))].sort()

describe('a tenant with more than its share', () => {
  test('is left to the other taker, while all others are taken at once', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, of('flood', 10_000))
    backlog.add(0, 1, 0, of('quiet', 2))
    const beside = backlog.takeRipe(0, 8_000)
    expect([tenantsOf(beside), beside.length, backlog.isContended]).toEqual([['flood'], 500, true])
    const first = backlog.take(0, 2_000)
    expect(first.map(({ change }) => change.id)).toEqual(['quiet 0', 'quiet 1'])
    expect(backlog.take(1_000, 2_000)).toEqual([])
  })

  test('is computed in batches as large as ever where it is alone', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, of('only', 10_000))
    expect(backlog.take(0, 2_000)).toHaveLength(2_000)
    backlog.takeRipe(0, 8_000)
    expect(backlog.isContended).toBe(false)
    // Who was active half a minute ago is no more.
    backlog.add(0, 1, 1_000, of('another', 1))
    backlog.add(0, 2, 40_000, of('only', 10_000))
    expect(backlog.take(40_000, 2_000)).toHaveLength(2_000)
  })

  test('waits while what others wait for is computed, and not for ever', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [...of('flood', 10_000), ...of('quiet', 1)])
    const firstIsBusy = true
    expect(backlog.takeRipe(0, 8_000, firstIsBusy)).toHaveLength(500)
    expect(backlog.takeRipe(3_000, 8_000, firstIsBusy)).toEqual([])
    expect(backlog.takeRipe(4_000, 8_000, firstIsBusy)).toHaveLength(500)
    expect(backlog.takeRipe(4_500, 8_000)).toHaveLength(500)
  })

  test('is taken with what presses where the other taker does not come', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [...of('flood', 10_000), ...of('quiet', 1)])
    backlog.takeRipe(0, 8_000)
    backlog.take(0, 2_000)
    expect(backlog.take(19_000, 2_000)).toEqual([])
    backlog.addDue(now('quiet again'), 19_000)
    backlog.done(backlog.take(19_000, 2_000))
    expect(backlog.take(20_000, 2_000)).toHaveLength(500)
  })

  test('does not keep the other taker from what presses of others, where that is not taken', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [...of('flood', 10_000), ...of('quiet', 1)])
    backlog.take(0, 2_000)
    backlog.add(0, 1, 1_000, of('quiet too', 3))
    const firstIsBusy = true
    expect(tenantsOf(backlog.takeRipe(4_000, 8_000, firstIsBusy))).toEqual(['flood'])
    expect(tenantsOf(backlog.takeRipe(6_000, 8_000, firstIsBusy))).toEqual(['quiet too'])
    expect(tenantsOf(backlog.takeRipe(8_000, 8_000, firstIsBusy))).toEqual(['flood'])
  })

  test('puts off neither changes for the worse nor running figures of others', () => {
    const backlog = aBacklog(0)
    const worse = (id: string): Change => aChange(id, { worst: 2 })
    const running = (id: string): Change => aChange(id)
    backlog.add(0, 0, 0, [...of('flood', 3_000, worse), ...of('flood too', 3_000), ...of('quiet', 1, worse)])
    backlog.add(0, 1, 0, [...of('figures', 5, running), ...of('figures of a flood', 9_000, running)])
    expect(tenantsOf(backlog.take(5_000, 2_000))).toEqual(['quiet'])
    const beside = backlog.takeRipe(20_000, 8_000)
    expect(beside.filter(({ change }) => change.tenant === 'figures')).toHaveLength(5)
    expect(tenantsOf(beside)).toEqual(['figures', 'figures of a flood', 'flood', 'flood too'])
  })
})

test('what one tenant has sent and was read late puts off nothing of another', () => {
  const backlog = aBacklog()
  const late = (id: string): Change => aChange(id, { urgency: 'now', late: true })
  for (let atMs = 0; atMs <= 10_000; atMs += 1_000) backlog.add(0, atMs, atMs, of(`flood`, 3, late))
  backlog.add(0, 20_000, 5_000, of('other', 1, late))
  backlog.addDue({ ...now('due'), tenant: 'quiet' }, 10_000)
  expect(tenantsOf(backlog.take(10_000, 100))).toEqual(['other', 'quiet'])
})

test('whatever tenants send, each call is taken once, and of each tenant as many in a turn as its share is', () => {
  const counts = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 900 }), { minKeys: 2 })
  fc.assert(
    fc.property(counts, (waiting) => {
      const backlog = aBacklog()
      for (const [offset, [tenant, count]] of Object.entries(waiting).entries())
        backlog.add(0, offset, 0, of(tenant, count))
      const turns = new Map<string, number>()
      const taken = new Set<string>()
      for (let turn = 0; backlog.size > 0 && turn < 100; turn++) {
        const batch = [...backlog.take(turn, 200), ...backlog.takeRipe(turn, 800)]
        for (const { change } of batch) {
          expect(taken.has(change.id)).toBe(false)
          taken.add(change.id)
          turns.set(change.tenant, turn)
        }
        backlog.done(batch)
      }
      expect(taken.size).toBe(Object.values(waiting).reduce((sum, count) => sum + count, 0))
      expect(backlog.overdueByTenant(1_000).size).toBe(0)
      const share = Math.floor(200 / Object.keys(waiting).length)
      for (const [tenant, count] of Object.entries(waiting))
        expect(turns.get(tenant)).toBeLessThanOrEqual(Math.ceil(count / share))
    }),
    { numRuns: 15 },
  )
})
