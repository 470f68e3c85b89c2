import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { Urgency } from '#contracts/changes.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { createPipeline } from '#pipelines/pipeline.ts'
import { readAnnouncements } from '#pipelines/summaries/read-announcements.ts'

const { callChanges, qualitySamples } = topicNames

/** A pipeline on a log of one topic whose every message is a change of the call of its key; what it announces, by call. */
async function announcedAfter(
  steps: (log: ReturnType<typeof createEmbeddedLog>, tick: (ms: number) => void) => Promise<void>,
) {
  let nowMs = 1_700_000_000_000
  const path = join(mkdtempSync(join(tmpdir(), 'callscope-pipeline-')), 'log.sqlite')
  const topics = embeddedTopics
  const log = createEmbeddedLog({ path, topics, clock: () => nowMs, durability: 'process' })
  await steps(log, (ms) => {
    nowMs += ms
  })
  const stop = new AbortController()
  const pipeline = createPipeline({
    name: 'calls',
    topics: [qualitySamples],
    log,
    decode(record, into) {
      const urgency = textOf(record) as Urgency
      const { key } = record
      into.change({ tenant: 't', id: String(key), minutes: [1], rescore: false, cumulative: false, urgency, worst: 0 })
    },
    sink: { name: 'none', deliver: async () => ({ type: 'delivered' }), close: async () => undefined },
    deadLetter: () => [],
    observer: { records() {}, batch() {}, stored() {}, committed() {}, paused() {}, retry() {} },
    limits: { lingerMs: 1, waitMs: 10 },
  })
  const run = pipeline.run(stop.signal)
  const reader = await log.join({ group: 'reader', topics: [callChanges] })
  const records: LogRecord[] = []
  await vi.waitFor(async () => {
    records.push(...(await reader.poll({ maxRecords: 100, maxBytes: 1_000_000, waitMs: 10 })).records)
    expect(records).not.toEqual([])
  }, 10_000)
  stop.abort()
  await run
  await reader.leave()
  await log.close()
  return Object.fromEntries(
    records
      .flatMap((record) => readAnnouncements(record).changes)
      .map(({ id, urgency, late = false }) => [id, late ? `${urgency}, late` : urgency]),
  )
}

const message = (key: string, value: Urgency) => ({ topic: qualitySamples, key, value, partition: 0 })

test('running figures of what is read as it comes are announced as running', async () => {
  const announced = await announcedAfter(async (log) =>
    log.append([message('c', 'running'), message('e', 'now')]).then(),
  )
  expect(announced).toEqual({ c: 'running', e: 'now' })
})

test('a pipeline that catches up says so: what it has read may wait', async () => {
  const announced = await announcedAfter(async (log, tick) => {
    await log.append([message('c', 'running'), message('e', 'now')])
    tick(3_600_000)
  })
  expect(announced).toEqual({ c: 'running, late', e: 'now, late' })
})

test('with a recent message among old ones, a batch is not late', async () => {
  const announced = await announcedAfter(async (log, tick) => {
    await log.append([message('c', 'running')])
    tick(3_600_000)
    await log.append([message('d', 'running')])
  })
  expect(announced).toEqual({ c: 'running', d: 'running' })
})
