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
  const { inputs } = stores.parts
  const parts: RecomputeParts = {
    ...stores.parts,
    inputs: {
      ...inputs,
      async evidence(subjects) {
        asked.push(subjects.map(({ id }) => id).sort())
        if (!subjects.some(({ id }) => id === 'slow')) return []
        await pause(budgetMs + 10, forever)
        throw new Error('ClickHouse error 159 (TIMEOUT_EXCEEDED)')
      },
    },
  }
  return { ...stores, parts, asked }
}

const aChange = (id: string): Change => ({
  ...{ tenant, id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})

test('a call that takes longer than its budget is given up, and its shard goes on; announced again, it holds up no other', async () => {
  const { parts, live, addEvent, asked } = slowStores()
  const ids = ['a', 'b', 'c', 'slow', 'x', 'y', 'z']
  for (const id of ids) addEvent(id, 'call.started', startedMs)
  const committed = () => log.lag('summaries').every(({ lag }) => lag === 0)
  const summaries = createSummaries({
    ...{ ...parts, beside: parts, log, pace: { budgetMs, cycleMs: 0, retryAfterMs: 5 } },
    due: { due: async () => [] },
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
  const stopping = new AbortController()
  await log.append(announcements(ids.map(aChange)))
  const running = summaries.run(stopping.signal)
  const verdicts = () => Object.fromEntries(live().map(({ id, verdict }) => [id, verdict.unclassified]))
  await expect.poll(() => [live().length, committed()], { timeout: 20_000 }).toEqual([ids.length, true])
  expect(verdicts()).toMatchObject({ a: 'not_answered', slow: 'not_computed', z: 'not_answered' })
  const letters = async () => (await log.extent(topicNames.deadLetter))[0]?.end
  expect(await letters()).toBe(1)

  asked.length = 0
  await log.append(announcements(ids.map(aChange)))
  await expect.poll(async () => [await letters(), committed()], { timeout: 20_000 }).toEqual([2, true])
  expect(asked.filter((together) => together.includes('slow') && together.length > 1)).toEqual([])
  stopping.abort()
  await running
})
