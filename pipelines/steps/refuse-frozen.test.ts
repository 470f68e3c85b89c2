import { expect, test } from 'vitest'
import { LastingError } from '#contracts/errors.ts'
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

test('a key that the store cannot be asked by holds up nothing, and the others are asked for', async () => {
  const builder = createBatch()
  const eventMs = nowMs - 40 * dayMs
  const record = { topic: 'call-events', partition: 0, offset: 0, logTimeMs: nowMs, key: null, headers: {}, value: '' }
  for (const [offset, id] of ['guilty', 'frozen', 'fresh'].entries()) {
    builder.from({ ...record, offset })
    builder.row('call_events', ['acme', id, '/s', 'e', eventMs])
  }
  const check = {
    minutes: async () => new Set<string>(),
    calls: async (members: readonly { readonly id: string }[]) => {
      if (members.some(({ id }) => id === 'guilty')) throw new LastingError('ClickHouse error 25')
      return new Set(members.some(({ id }) => id === 'frozen') ? ['acme\u0000frozen'] : [])
    },
  }
  await createRefuseFrozen({ check, neverFrozenMs: dayMs })(builder.batch, nowMs)
  expect(builder.batch.parked.map(({ record: { offset } }) => offset)).toEqual([1])
  expect(builder.batch.rows.map(({ cells }) => cells[1])).toEqual(['guilty', 'fresh'])
})
