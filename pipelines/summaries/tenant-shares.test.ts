import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memberText } from '#contracts/summaries.ts'
import { createTenantQueues, shareOut, tenantOf } from './tenant-shares.ts'

const keysOf = (tenant: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => memberText({ tenant, id: `c${at}` }))

const groupsOf = (counts: readonly number[]): ReadonlyMap<string, readonly string[]> =>
  new Map(counts.map((count, at) => [`t${at}`, keysOf(`t${at}`, count)]))

const countOf = (keys: readonly string[], tenant: string): number =>
  keys.filter((key) => tenantOf(key) === tenant).length

describe('room that tenants share', () => {
  test('is filled, and a tenant that is cut has no less than any other, to within one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 300 }),
        (counts, room) => {
          const chosen = shareOut(groupsOf(counts), { room })
          expect(chosen).toHaveLength(
            Math.min(
              room,
              counts.reduce((sum, count) => sum + count, 0),
            ),
          )
          expect(new Set(chosen).size).toBe(chosen.length)
          const given = counts.map((_, at) => countOf(chosen, `t${at}`))
          const most = Math.max(...given)
          for (const [at, count] of counts.entries())
            if ((given[at] ?? 0) < count) expect(given[at]).toBeGreaterThanOrEqual(most - 1)
        },
      ),
    )
  })

  test('a tenant with less than a share gets all of it, in order, however much others have', () => {
    const chosen = shareOut(groupsOf([100_000, 3, 50_000]), { room: 500 })
    expect(chosen.filter((key) => tenantOf(key) === 't1')).toEqual(keysOf('t1', 3))
    expect(chosen).toHaveLength(500)
  })

  test('goes to those who take part, and to what may be taken', () => {
    const may = (key: string): boolean => !key.endsWith('c0')
    const chosen = shareOut(groupsOf([3, 3]), { room: 10, may, tenants: (tenant) => tenant === 't1' })
    expect(chosen).toEqual(keysOf('t1', 3).slice(1))
  })
})

test('with more tenants than room each has its turn', () => {
  const queues = createTenantQueues()
  for (let at = 0; at < 30; at++) for (const key of keysOf(`t${at}`, 5)) queues.add(key)
  const served = new Set<string>()
  for (let turn = 0; turn < 3; turn++) {
    const keys = shareOut(queues.byTenant, { room: 10 })
    for (const key of keys) queues.delete(key)
    queues.served(new Set(keys.map(tenantOf)))
    for (const key of keys) served.add(tenantOf(key))
  }
  expect(served.size).toBe(30)
  expect(queues.size).toBe(120)
})
