import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { createPipeline } from '#pipelines/pipeline.ts'

test('a registry that answers nothing at all holds back no batch: watermarks stand still, rows and announcements go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'callscope-pipeline-'))
  const clock = { nowMs: Date.UTC(2026, 0) }
  const log = createEmbeddedLog({
    ...{ path: join(folder, 'log.sqlite'), topics: embeddedTopics, clock: () => clock.nowMs, durability: 'process' },
  })
  const stop = new AbortController()
  let committed = 0
  let writes = 0
  const pipeline = createPipeline({
    ...{ name: 'calls', topics: [topicNames.qualitySamples], log, decode: (_record, into) => into.seen('t', 1) },
    sink: { name: 'none', deliver: async () => ({ type: 'delivered' }), close: async () => undefined },
    deadLetter: () => [],
    watermarks: {
      write: () => {
        writes += 1
        return new Promise(() => undefined)
      },
      read: async () => [],
      remove: async () => undefined,
    },
    observer: {
      ...{ records() {}, batch() {}, stored() {}, paused() {}, retry() {} },
      committed(_pipeline, { records }) {
        committed += records.length
      },
    },
    limits: { lingerMs: 1, waitMs: 10 },
  })
  const run = pipeline.run(stop.signal)
  for (let batch = 1; batch <= 5; batch++) {
    await log.append([{ topic: topicNames.qualitySamples, key: 'c', value: 'x' }])
    await vi.waitFor(() => expect(committed).toBe(batch), 10_000)
  }
  expect(writes).toBe(1)
  stop.abort()
  await run
  await log.close()
  rmSync(folder, { recursive: true })
}, 30_000)
