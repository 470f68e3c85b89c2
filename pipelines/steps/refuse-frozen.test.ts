import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { createBatch } from '../batch.ts'
import { createRefuseFrozen } from './refuse-frozen.ts'

const dayMs = 86_400_000
const nowMs = 100 * dayMs

/** Refuses one event of 40 days ago, whose record is frozen; the message says it was taken then. */
async function refusedOf(record: Partial<LogRecord>): Promise<readonly string[]> {
  const eventMs = nowMs - 40 * dayMs
  const builder = createBatch()
  builder.from({
    ...{ topic: 'call-events', partition: 0, offset: 0, logTimeMs: eventMs, key: null, headers: {}, value: '' },
    ...record,
  })
  builder.row('call_events', ['acme', 'c', '/s', 'e', eventMs])
  const check = { minutes: async () => new Set<string>(), calls: async () => new Set(['acme\u0000c']) }
  await createRefuseFrozen({ check, neverFrozenMs: dayMs })(builder.batch, nowMs)
  return builder.batch.parked.map(({ reason }) => reason)
}

test('what the log took in time is never frozen, however late it is read', async () => {
  expect(await refusedOf({})).toEqual([])
})

test('a producer’s own time does not say that it came in time: that is judged by the log’s present', async () => {
  expect(await refusedOf({ isProducersTime: true })).toEqual(['too_late'])
})
