import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import type { Parked } from '#pipelines/batch.ts'
import { createPipeline, type PipelineParts } from '#pipelines/pipeline.ts'

/** What a pipeline does with a registry that is elsewhere: that answers nothing, or that another process writes to. */
let folder: string
let log: EmbeddedLog
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-pipeline-'))
  log = createEmbeddedLog({
    ...{ path: join(folder, 'log.sqlite'), topics: embeddedTopics, clock: () => Date.UTC(2026, 0) },
    durability: 'process',
  })
})
afterEach(async () => {
  await log.close()
  rmSync(folder, { recursive: true })
})

function aPipeline(changes: Partial<PipelineParts> & Pick<PipelineParts, 'decode'>) {
  const stop = new AbortController()
  const seen = { committed: 0, parked: [] as Parked[], rows: 0 }
  const run = createPipeline({
    ...{ name: 'calls', topics: [topicNames.qualitySamples], log },
    sink: {
      name: 'none',
      async deliver(rows) {
        seen.rows += rows.length
        return { type: 'delivered' }
      },
      close: async () => undefined,
    },
    deadLetter(_pipeline, parked) {
      seen.parked.push(...parked)
      return []
    },
    observer: {
      ...{ records() {}, batch() {}, stored() {}, paused() {}, retry() {} },
      committed(_pipeline, { records }) {
        seen.committed += records.length
      },
    },
    limits: { lingerMs: 1, waitMs: 10 },
    ...changes,
  }).run(stop.signal)
  return {
    seen,
    async stop() {
      stop.abort()
      await run
    },
  }
}

const send = () => log.append([{ topic: topicNames.qualitySamples, key: 'c', value: 'x' }])

test('a registry that answers nothing at all holds back no batch: watermarks stand still, rows and announcements go on', async () => {
  let writes = 0
  const { seen, stop } = aPipeline({
    decode: (_record, into) => into.seen('t', 1),
    watermarks: {
      write() {
        writes += 1
        return new Promise(() => undefined)
      },
      read: async () => [],
      remove: async () => undefined,
    },
  })
  for (let batch = 1; batch <= 5; batch++) {
    await send()
    await vi.waitFor(() => expect(seen.committed).toBe(batch), 10_000)
  }
  expect(writes).toBe(1)
  await stop()
}, 30_000)

test('messages of a tenant that another process has just added are no dead letters, and of nobody they are', async () => {
  const known = { here: false, registry: false }
  let looks = 0
  const { seen, stop } = aPipeline({
    decode: (_record, into) =>
      known.here ? into.row('call_links', ['t']) : into.park('unknown_tenant', 'tenant: not registered'),
    async newTenants() {
      looks += 1
      const isNews = known.registry && !known.here
      known.here = known.registry
      return isNews
    },
  })
  await send()
  await vi.waitFor(() => expect(seen.committed).toBe(1), 10_000)
  expect([seen.rows, seen.parked.length]).toEqual([0, 1])
  known.registry = true
  await send()
  await vi.waitFor(() => expect(seen.committed).toBe(2), 10_000)
  expect([seen.rows, seen.parked.length, looks]).toEqual([1, 1, 2])
  await stop()
}, 30_000)
