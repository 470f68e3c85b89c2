import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { topicNames } from '#contracts/topics.ts'
import type { RawRow } from '#contracts/warehouse.ts'
import { pause } from '#pipelines/pause.ts'
import { createPipeline } from '#pipelines/pipeline.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { readDeadLetter } from '#sinks/dead-letter/read.ts'

const nobody = { batch() {}, stored() {}, committed() {}, paused() {}, retry() {}, records() {} }

test('a message that a step throws over is a dead letter, committed and past, and its pipeline lives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callscope-fault-'))
  const topics = ['a', topicNames.deadLetter].map((name) => ({ name, partitions: 1, retentionMs: 1e9 }))
  const log = createEmbeddedLog({ path: join(folder, 'log.sqlite'), topics, clock: Date.now, durability: 'process' })
  const stored: string[] = []
  const faults: string[] = []
  const pipeline = createPipeline({
    ...{ name: 'calls', topics: ['a'], log, deadLetter: deadLetters, limits: { lingerMs: 1, waitMs: 5 } },
    decode({ value }, into) {
      into.row('call_links', [String(value)])
      if (value === 'poison') throw new TypeError('+49 30 1234567 is not a function')
    },
    sink: {
      name: 'memory',
      async deliver(rows: readonly RawRow[]) {
        stored.push(...rows.map(({ cells }) => String(cells[0])))
        return { type: 'delivered' }
      },
      async close() {},
    },
    observer: { ...nobody, fault: (_pipeline, where) => faults.push(where) },
  })
  const stopping = new AbortController()
  const running = pipeline.run(stopping.signal)
  const append = (...values: readonly string[]) => log.append(values.map((value) => ({ topic: 'a', key: null, value })))
  await append('one', 'poison', 'two')
  while (log.lag('calls').some(({ lag }) => lag > 0)) await pause(5, stopping.signal)
  await append('three')
  while (log.lag('calls').some(({ lag }) => lag > 0)) await pause(5, stopping.signal)
  stopping.abort()
  await running
  expect(stored).toEqual(['one', 'two', 'three'])
  const letters = await log.read({ topic: topicNames.deadLetter, partition: 0, offset: 0 }, 10)
  expect(letters.map((letter) => readDeadLetter(letter))).toMatchObject([{ reason: 'internal_error', offset: 1 }])
  expect(JSON.stringify(letters.map((letter) => readDeadLetter(letter)))).not.toContain('1234567')
  expect(faults).toHaveLength(1)
  await log.close()
  await rm(folder, { recursive: true, force: true })
})
