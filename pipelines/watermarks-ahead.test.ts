import { expect, test } from 'vitest'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import type { WatermarkEntry } from '#contracts/registry.ts'
import { createBatch } from './batch.ts'
import { believedWatermarks, createWatermarkTracker } from './watermarks.ts'

const nowMs = 1_700_000_000_000
const dayMs = 86_400_000
const lagMs = 60_000

const aRecord = (logTimeMs: number): LogRecord => ({
  ...{ topic: 't', partition: 0, offset: 0, key: null, headers: {}, value: '' },
  logTimeMs,
})

const polled = (logNowMs: number, more: Partial<Polled> = {}): Polled => ({
  ...{ generation: 1, assignment: [], records: [], logNowMs },
  positions: [{ topic: 't', partition: 0, next: 1, end: 1 }],
  ...more,
})

test.each([
  ['read to its end', 1],
  ['in arrears', 5],
])('a partition %s while a clock was ahead goes on from the present once that is right', (_, end) => {
  const tracker = createWatermarkTracker(lagMs)
  const positions = [{ topic: 't', partition: 0, next: 1, end }]
  const builder = createBatch()
  const ahead = aRecord(nowMs + dayMs)
  builder.from(ahead)
  builder.seen('acme', nowMs + dayMs)
  tracker.entriesOf(builder.batch, polled(nowMs + dayMs, { records: [ahead] }))
  tracker.entriesOf(builder.batch, polled(nowMs + dayMs, { records: [ahead], positions }))
  for (const entry of tracker.entriesOf(createBatch().batch, polled(nowMs, { positions })))
    expect(entry.watermarkMs).toBe(nowMs - lagMs)
})

test('a stored watermark ahead of the present counts as the present; all others as they are', async () => {
  const entry = (source: string, watermarkMs: number): WatermarkEntry => ({
    tenant: '*',
    source,
    watermarkMs,
    atEnd: true,
  })
  const stored = [entry('t/0', nowMs + dayMs), entry('t/1', nowMs - lagMs), entry('import:1', 0)]
  const believed = believedWatermarks({ read: async () => stored }, () => nowMs)
  expect((await believed.read()).map(({ watermarkMs }) => watermarkMs)).toEqual([nowMs, nowMs - lagMs, 0])
})
