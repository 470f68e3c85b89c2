import { expect, test } from 'vitest'
import { createTimeHeap } from './heap.ts'
import { createRandom, hex, uuid } from './random.ts'

test('the sequence is fixed for ever: truth files of old seeds stay true', () => {
  const random = createRandom(1)
  expect([random.int(0, 999_999), random.int(0, 999_999), hex(random, 8)]).toMatchInlineSnapshot(`
    [
      519464,
      255145,
      "1242fe18",
    ]
  `)
})

test('numbers are spread evenly', () => {
  const random = createRandom('spread')
  const buckets = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 100_000; draw++) {
    const at = Math.floor(random.next() * 10)
    buckets[at] = (buckets[at] ?? 0) + 1
  }
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('a fork does not depend on what was drawn before it', () => {
  const fresh = createRandom(9)
  const used = createRandom(9)
  for (let draw = 0; draw < 10; draw++) used.next()
  expect(used.fork('a').next()).toBe(fresh.fork('a').next())
  expect(fresh.fork('a').next()).not.toBe(fresh.fork('b').next())
})

test('ids of many forks are all different', () => {
  const random = createRandom(3)
  const ids = Array.from({ length: 50_000 }, (_, at) => uuid(random.fork(`call-${at}`)))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids[0]).toMatch(/^a[0-9a-f]{7}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('the heap gives the earliest, and of equal times the one that came first', () => {
  const heap = createTimeHeap<string>()
  for (const [atMs, item] of [
    [3, 'c'],
    [1, 'a1'],
    [2, 'b'],
    [1, 'a2'],
    [1, 'a3'],
  ] as const)
    heap.push(atMs, item)
  expect(heap.peekMs()).toBe(1)
  expect(Array.from({ length: 6 }, () => heap.pop()?.item)).toEqual(['a1', 'a2', 'a3', 'b', 'c', undefined])
  expect(heap.size()).toBe(0)
})
