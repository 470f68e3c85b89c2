import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { limits, textOf } from '#tests/promises/members.ts'
import { openLog } from './kafka-for-tests.ts'
import { ownName } from './names.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const partitions = 6
const total = 6_000

/** What a store would hold, and how far each partition was delivered without a gap. */
function createStore() {
  const stored = new Map<string, number>()
  const places = Array.from({ length: partitions }, () => new Set<number>())
  return {
    stored,
    deliver(partition: number, offset: number, value: string) {
      stored.set(value, (stored.get(value) ?? 0) + 1)
      places[partition]?.add(offset)
    },
    isWhole: (partition: number, before: number) =>
      Array.from({ length: before }, (_, offset) => offset).every((offset) => places[partition]?.has(offset)),
  }
}

test('members come and go while messages come: each is delivered, and nothing is committed that was not', async () => {
  const topic = ownName('rebalances')
  const { log, dispose, committed } = await openLog([{ name: topic, partitions, retentionMs: 86_400_000 }])
  undo.push(dispose)
  const store = createStore()
  const outcomes = { committed: 0, stale: 0 }
  const done = new AbortController()

  /** Polls, stores slowly, commits; leaves after a while, and another comes. */
  async function work(lifeMs: number): Promise<void> {
    while (!done.signal.aborted) {
      const member = await log.join({ group: 'g', topics: [topic] })
      const leaveAt = performance.now() + lifeMs
      while (!done.signal.aborted && performance.now() < leaveAt) {
        const { records, generation } = await member.poll({ ...limits, maxRecords: 50 })
        for (const record of records) store.deliver(record.partition, record.offset, textOf(record))
        await sleep(20)
        const after = new Map(records.map(({ partition, offset }) => [partition, offset + 1]))
        if (after.size === 0) continue
        const offsets = [...after].map(([partition, offset]) => ({ topic, partition, offset }))
        outcomes[await member.commit(offsets, generation)] += 1
      }
      await member.leave()
    }
  }

  const workers = [work(1_700), work(2_900), work(120_000)]
  for (let at = 0; at < total; at += 100) {
    await log.append(
      Array.from({ length: 100 }, (_, more) => ({ topic, key: String(at + more), value: String(at + more) })),
    )
    await sleep(150)
  }
  for (const patience = AbortSignal.timeout(60_000); store.stored.size < total && !patience.aborted; ) await sleep(200)
  done.abort()
  await Promise.all(workers)

  expect(store.stored.size).toBe(total)
  for (const [partition, offset] of Object.entries(await committed('g', topic))) {
    expect(store.isWhole(Number(partition), Math.max(offset, 0))).toBe(true)
  }
  expect(outcomes.committed).toBeGreaterThan(0)
  expect(outcomes.stale).toBeGreaterThan(0)
})
