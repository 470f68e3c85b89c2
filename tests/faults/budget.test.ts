import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { giveUpOn } from '#app/give-up.ts'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { Change } from '#contracts/changes.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { announcements } from '#pipelines/announce.ts'
import { pause } from '#pipelines/pause.ts'
import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { createSummaries } from '#pipelines/summaries/summaries.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { createModelStores, modelTenant as tenant } from './model-stores.ts'

const budgetMs = 100
const startedMs = Date.UTC(2026, 4, 1, 12)
const forever = new AbortController().signal

let folder: string
let log: EmbeddedLog
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callscope-budget-'))
  log = createEmbeddedLog({
    path: join(folder, 'log'),
    topics: embeddedTopics,
    clock: Date.now,
    durability: 'process',
  })
})
afterAll(async () => {
  await log.close()
  await rm(folder, { recursive: true, force: true })
})

/** Stores in which reading one call takes until the store cuts the query off. */
function slowStores() {
  const stores = createModelStores()
  const asked: (readonly string[])[] = []
  const pace = { isSlow: true }
  const { inputs } = stores.parts
  const parts: RecomputeParts = {
    ...stores.parts,
    inputs: {
      ...inputs,
      async evidence(subjects) {
        asked.push(subjects.map(({ id }) => id).sort())
        if (!pace.isSlow || !subjects.some(({ id }) => id === 'slow')) return []
        await pause(budgetMs + 10, forever)
        throw new Error('ClickHouse error 159 (TIMEOUT_EXCEEDED)')
      },
    },
  }
  return { ...stores, parts, asked, pace }
}

const aChange = (id: string): Change => ({
  ...{ tenant, id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})

type SlowStores = ReturnType<typeof slowStores>

const running = ({ parts }: SlowStores, secondChancesMs: readonly number[]) =>
  createSummaries({
    ...{ ...parts, beside: parts, log, pace: { budgetMs, cycleMs: 0, retryAfterMs: 5, secondChancesMs } },
    due: { due: async () => [], judgedAhead: async () => [] },
    deadLetter: deadLetters,
    census: async function* () {},
    censusProgress: { reached: async () => new Map(), note: async () => undefined, forget: async () => undefined },
    giveUp: giveUpOn({
      ...{ log, writer: parts.writer, versions: parts.versions, logNow: Date.now },
      componentsOf: async ({ id }) => [{ members: [id] }],
      inputs: parts.inputs,
    }),
    observer: { recomputed: () => undefined, backlog: () => undefined, shown: () => undefined, retry: () => undefined },
  })
const verdictsOf = ({ live }: SlowStores) =>
  Object.fromEntries(live().map(({ id, verdict }) => [id, verdict.unclassified]))
const committed = () => log.lag('summaries').every(({ lag }) => lag === 0)
const letters = async () => (await log.extent(topicNames.deadLetter))[0]?.end

test('a call that takes longer than its budget is given up, and its shard goes on; announced again, it holds up no other', async () => {
  const stores = slowStores()
  const { live, addEvent, asked } = stores
  const ids = ['a', 'b', 'c', 'slow', 'x', 'y', 'z']
  for (const id of ids) addEvent(id, 'call.started', startedMs)
  const stopping = new AbortController()
  await log.append(announcements(ids.map(aChange)))
  const stopped = running(stores, []).run(stopping.signal)
  await expect.poll(() => [live().length, committed()], { timeout: 20_000 }).toEqual([ids.length, true])
  expect(verdictsOf(stores)).toMatchObject({ a: 'not_answered', slow: 'not_computed', z: 'not_answered' })
  expect(await letters()).toBe(1)

  asked.length = 0
  await log.append(announcements(ids.map(aChange)))
  await expect.poll(async () => [await letters(), committed()], { timeout: 20_000 }).toEqual([2, true])
  expect(asked.filter((together) => together.includes('slow') && together.length > 1)).toEqual([])
  stopping.abort()
  await stopped
})

test('a call that was given up while the warehouse was slow is computed by itself once it is not, though nobody announces it', async () => {
  const stores = slowStores()
  // While nothing goes well the store is down, and no call is given up.
  const ids = ['fast', 'slow']
  for (const id of ids) stores.addEvent(id, 'call.started', startedMs)
  const before = await letters()
  const stopping = new AbortController()
  await log.append(announcements(ids.map(aChange)))
  const stopped = running(stores, [50, 50, 60_000]).run(stopping.signal)
  await expect.poll(async () => (await letters()) ?? 0, { timeout: 20_000 }).toBeGreaterThan((before ?? 0) + 1)
  expect(verdictsOf(stores)).toMatchObject({ slow: 'not_computed' })
  stores.pace.isSlow = false
  await expect
    .poll(() => [verdictsOf(stores), committed()], { timeout: 20_000 })
    .toEqual([{ fast: 'not_answered', slow: 'not_answered' }, true])
  stopping.abort()
  await stopped
})
