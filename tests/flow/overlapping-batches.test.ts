import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { type EventLog, textOf } from '#contracts/event-log.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { createPipeline } from '#pipelines/pipeline.ts'

/** Batches of one message each, whose announcements wait until they are let go. */
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

const { qualitySamples } = topicNames

function aPipeline(append: EventLog['append'], { failing = false } = {}) {
  const stop = new AbortController()
  const did: string[] = []
  const pipeline = createPipeline({
    ...{ name: 'calls', topics: [qualitySamples], log: { ...log, append } },
    decode(record, into) {
      const id = textOf(record)
      did.push(`decoded ${id}`)
      into.row('call_links', [id])
      into.change({ tenant: 't', id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 })
    },
    sink: {
      name: 'none',
      async deliver([row]) {
        if (failing && row?.cells[0] === 'b') throw new Error('broken')
        did.push(`stored ${row?.cells[0]}`)
        return { type: 'delivered' }
      },
      close: async () => undefined,
    },
    deadLetter: () => [],
    observer: {
      ...{ records() {}, batch() {}, stored() {}, paused() {}, retry() {} },
      committed(_pipeline, { records }) {
        for (const record of records) did.push(`committed ${textOf(record)}`)
      },
    },
    limits: { maxRecords: 1, lingerMs: 1, waitMs: 10 },
  })
  const run = pipeline.run(stop.signal)
  return { pipeline, did, run, stop: () => stop.abort() }
}

const send = (ids: readonly string[]) => log.append(ids.map((value) => ({ topic: qualitySamples, key: 'k', value })))

test('while a batch is announced the next is stored and one more is decoded; commits wait, and come in order', async () => {
  const waiting: (() => void)[] = []
  await send(['a', 'b', 'c', 'd'])
  const { pipeline, did, run, stop } = aPipeline(async (records) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return log.append(records)
  })
  await vi.waitFor(() => expect(did).toContain('decoded c'), 10_000)
  // Time for more, were it allowed.
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([...did].sort()).toEqual(['decoded a', 'decoded b', 'decoded c', 'stored a', 'stored b'])
  expect([waiting.length, pipeline.idle()]).toEqual([1, false])
  await vi.waitFor(() => {
    for (const letGo of waiting.splice(0)) letGo()
    expect(did.filter((what) => what.startsWith('committed'))).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => `committed ${id}`),
    )
  }, 10_000)
  await vi.waitFor(() => expect(pipeline.idle()).toBe(true), 10_000)
  stop()
  await run
}, 30_000)

test('a batch that cannot be stored ends the pipeline, and nothing behind it is committed', async () => {
  await send(['a', 'b', 'c', 'd'])
  const { did, run } = aPipeline((records) => log.append(records), { failing: true })
  await expect(run).rejects.toThrow('broken')
  expect(did.filter((what) => what.startsWith('committed'))).toEqual(['committed a'])
  expect(did).not.toContain('stored c')
}, 30_000)
