import { afterEach, expect, test } from 'vitest'
import type { Change } from '#contracts/changes.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { shardOf } from '#contracts/sharding.ts'
import { aChange } from './backlog-for-tests.ts'
import { type Census, createCounting } from './counting.ts'

const stopping = new AbortController()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Two calls to a slice, in four slices. */
const raw: readonly (readonly Change[])[] = [0, 1, 2, 3].map((slice) => [aChange(`${slice}-a`), aChange(`${slice}-b`)])
const shardOfCall = (id: string) => shardOf('acme', id)
const allShards = [...new Set(raw.flat().map(({ id }) => shardOfCall(id)))]

/** What outlives a process: how far counts have come, and what was announced. */
function aWorld() {
  const kept = new Map<number, number>()
  const appended: string[] = []
  return {
    ...{ kept, appended },
    progress: {
      reached: async (shards: readonly number[]) => new Map([...kept].filter(([shard]) => shards.includes(shard))),
      async note(shards: readonly number[], next: number) {
        for (const shard of shards) kept.set(shard, next)
      },
      async forget(shards: readonly number[]) {
        for (const shard of shards) kept.delete(shard)
      },
    },
    log: {
      async append(records: readonly NewRecord[]) {
        for (const { value } of records)
          appended.push(...(JSON.parse(String(value)) as { changes: Change[] }).changes.map(({ id }) => id))
      },
    },
  }
}

/** `before` is called before each slice is given, and may throw or never end. */
const censusWith = (before: (slice: number) => Promise<void>): Census =>
  async function* census(owns, fromSlice) {
    for (let slice = fromSlice; slice < raw.length; slice++) {
      await before(slice)
      yield { changes: (raw[slice] ?? []).filter(({ id }) => owns(shardOfCall(id))), nextSlice: slice + 1 }
    }
  }

const aCount = (world: ReturnType<typeof aWorld>, before: (slice: number) => Promise<void>) => {
  const persistence = { signal: stopping.signal, onRetry: () => undefined, afterMs: 1 }
  const counting = createCounting({ ...world, census: censusWith(before) }, persistence)
  stops.push(counting.stop)
  return counting
}
const soon = { timeout: 5_000, interval: 5 }
const allCalls = raw.flat().map(({ id }) => id)

test('all that raw holds of lost shards is announced, and until it is they are held', async () => {
  const world = aWorld()
  const gate = Promise.withResolvers<void>()
  const counting = aCount(world, async (slice) => (slice === 2 ? gate.promise : undefined))
  counting.begin(allShards)
  await expect.poll(() => world.appended.length, soon).toBe(4)
  expect([counting.isBusy(), allShards.every(counting.holds), counting.holds(999)]).toEqual([true, true, false])
  gate.resolve()
  await expect.poll(counting.isBusy, soon).toBe(false)
  expect([world.appended.sort(), allShards.some(counting.holds)]).toEqual([allCalls, false])
  // Of the next loss nothing is counted yet.
  expect(world.kept.size).toBe(0)
})

test('a count that is cut off goes on where it was', async () => {
  const world = aWorld()
  const first = aCount(world, async (slice) => (slice === 3 ? new Promise<never>(() => undefined) : undefined))
  first.begin(allShards)
  await expect.poll(() => world.appended.length, soon).toBe(6)
  const slices: number[] = []
  const second = aCount(world, async (slice) => void slices.push(slice))
  second.begin(allShards)
  await expect.poll(second.isBusy, soon).toBe(false)
  expect([slices, world.appended.sort()]).toEqual([[3], allCalls])
  stops.length = 0 // the first waits for ever
})

test('a shard that comes from another worker is counted from where that one was, and none twice', async () => {
  const world = aWorld()
  const [mine = 0, ...others] = allShards
  for (const shard of others) world.kept.set(shard, 2)
  const counting = aCount(world, async () => undefined)
  counting.begin(allShards)
  await expect.poll(counting.isBusy, soon).toBe(false)
  const owed = raw.flatMap((changes, slice) => changes.filter(({ id }) => slice >= 2 || shardOfCall(id) === mine))
  expect(world.appended.sort()).toEqual(owed.map(({ id }) => id))
})

test('a warehouse that fails in the middle costs the slice it failed in', async () => {
  const world = aWorld()
  const slices: number[] = []
  const counting = aCount(world, async (slice) => {
    slices.push(slice)
    if (slices.length === 3) throw new Error('away')
  })
  counting.begin(allShards)
  await expect.poll(counting.isBusy, soon).toBe(false)
  expect([slices, world.appended.sort()]).toEqual([[0, 1, 2, 2, 3], allCalls])
})

test('shards that have gone to others are held and counted no longer', async () => {
  const world = aWorld()
  const gate = Promise.withResolvers<void>()
  const counting = aCount(world, async (slice) => (slice === 1 ? gate.promise : undefined))
  counting.begin(allShards)
  await expect.poll(() => world.appended.length, soon).toBe(2)
  counting.begin([])
  gate.resolve()
  await counting.stop()
  expect([counting.isBusy(), world.appended.length, world.kept.size]).toEqual([false, 2, allShards.length])
})
