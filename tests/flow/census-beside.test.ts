import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { Change } from '#contracts/changes.ts'
import { shardOf } from '#contracts/sharding.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { announcements } from '#pipelines/announce.ts'
import type { Census } from '#pipelines/summaries/counting.ts'
import { createSummaries } from '#pipelines/summaries/summaries.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { createModelStores, modelTenant as tenant } from '#tests/faults/model-stores.ts'

const startedMs = Date.UTC(2026, 4, 1, 12)
const soon = { timeout: 20_000, interval: 10 }
const aChange = (id: string): Change => ({
  ...{ tenant, id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})

test('a group that has lost its offsets computes what comes live while it counts raw, and commits none of it before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callscope-census-'))
  const path = join(folder, 'log')
  const log = createEmbeddedLog({ path, topics: embeddedTopics, clock: Date.now, durability: 'process' })
  const stores = createModelStores()
  for (const id of ['live', 'stored']) stores.addEvent(id, 'call.started', startedMs)
  const kept = new Map<number, number>()
  const gate = Promise.withResolvers<void>()
  const census: Census = async function* (owns, fromSlice) {
    if (fromSlice === 0) yield { changes: [], nextSlice: 1 }
    await gate.promise
    yield { changes: [aChange('stored')].filter(({ id }) => owns(shardOf(tenant, id))), nextSlice: 2 }
  }
  const summaries = createSummaries({
    ...{ ...stores.parts, beside: stores.parts, log, census, pace: { cycleMs: 0, runningDelayMs: 0 } },
    due: { due: async () => [], judgedAhead: async () => [] },
    deadLetter: deadLetters,
    giveUp: async () => undefined,
    censusProgress: {
      reached: async () => kept,
      async note(shards, next) {
        for (const shard of shards) kept.set(shard, next)
      },
      async forget(shards) {
        for (const shard of shards) kept.delete(shard)
      },
    },
    observer: { recomputed() {}, backlog() {}, shown() {}, retry() {} },
  })
  const stopping = new AbortController()
  await log.append(announcements([aChange('live')]))
  const running = summaries.run(stopping.signal)
  const records = () => stores.live().map(({ id }) => id)
  const committedIn = (id: string) =>
    log.lag('summaries').find(({ topic, partition }) => topic === 'call-changes' && partition === shardOf(tenant, id))
      ?.committed

  await expect.poll(records, soon).toEqual(['live'])
  expect([kept.size, committedIn('live'), summaries.idle()]).toEqual([64, undefined, false])
  gate.resolve()
  await expect.poll(() => records().sort(), soon).toEqual(['live', 'stored'])
  await expect.poll(() => [committedIn('live'), committedIn('stored'), summaries.idle()], soon).toEqual([1, 0, true])
  expect(kept.size).toBe(0)
  stopping.abort()
  await running
  await log.close()
  await rm(folder, { recursive: true, force: true })
})
