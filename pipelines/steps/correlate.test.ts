import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { type MemberKey, memberText } from '#contracts/summaries.ts'
import { createBatch } from '../batch.ts'
import { createCorrelate } from './correlate.ts'

const sampleOf = (correlationid: string) => ({ correlationid }) as QualitySample
const record = (offset: number) => ({ topic: 't', partition: 0, offset }) as LogRecord

/** A world whose warehouse knows these calls; what was shown is noted as `id carrier`. */
function aWorld(carriers: Record<string, string>, { newFrom = 0 } = {}) {
  const shown: string[] = []
  const asked: string[][] = []
  let missed = 0
  const live = createCorrelate({
    isNew: ({ offset }) => offset >= newFrom,
    contexts: {
      async contexts(members: readonly MemberKey[]) {
        asked.push(members.map(({ id }) => id))
        const found = members.filter(({ id }) => carriers[id] !== undefined)
        return new Map(found.map((member) => [memberText(member), { carrier: carriers[member.id] ?? '' }]))
      },
    },
    observe: (_, { correlationid }, { carrier }) => void shown.push(`${correlationid} ${carrier ?? 'unknown'}`),
    missed: (count) => {
      missed += count
    },
    maxCalls: 2,
  })
  async function batchOf(ids: readonly string[], { offset = 0, event = '' } = {}) {
    const builder = createBatch(live.show)
    builder.from(record(offset))
    if (event !== '') builder.row('call_events', ['acme', event])
    for (const id of ids) builder.live('acme', sampleOf(id))
    await live.correlate(builder.batch)
    return shown.splice(0)
  }
  return { batchOf, asked, missed: () => missed }
}

test('a call is looked up once, and its samples are then shown as they come', async () => {
  const { batchOf, asked } = aWorld({ a: 'north' })
  expect(await batchOf(['a', 'a'])).toEqual(['a north', 'a north'])
  expect(await batchOf(['a'])).toEqual(['a north'])
  expect(asked).toEqual([['a']])
})

test('what nobody knows is shown as unknown, counted, and asked for again later', async () => {
  const carriers: Record<string, string> = {}
  const { batchOf, asked, missed } = aWorld(carriers)
  expect(await batchOf(['a'])).toEqual(['a unknown'])
  carriers.a = 'late'
  for (let batch = 0; batch < 21; batch++) expect(await batchOf(['a'])).toEqual(['a unknown'])
  expect(await batchOf(['a'])).toEqual(['a late'])
  expect([asked, missed()]).toEqual([[['a'], ['a']], 1])
})

test('an event of a call makes it be asked for again', async () => {
  const carriers: Record<string, string> = { a: 'north' }
  const { batchOf } = aWorld(carriers)
  await batchOf(['a'])
  carriers.a = 'south'
  await batchOf([], { event: 'a' })
  expect(await batchOf(['a'])).toEqual(['a south'])
})

test('samples read again after an unclean stop are not shown again', async () => {
  const { batchOf, asked } = aWorld({ a: 'north' }, { newFrom: 10 })
  expect(await batchOf(['a'], { offset: 9 })).toEqual([])
  expect(await batchOf(['a'], { offset: 10 })).toEqual(['a north'])
  expect(asked).toEqual([['a']])
})

test('no more calls are remembered than allowed', async () => {
  const { batchOf, asked } = aWorld({ a: '1', b: '2', c: '3' })
  await batchOf(['a', 'b', 'c'])
  expect(await batchOf(['c', 'a'])).toEqual(['c 3', 'a 1'])
  expect(asked).toEqual([['a', 'b', 'c'], ['a']])
})

test('a warehouse that answers late costs labels: neither samples nor more than one wait', async () => {
  const answers: ((found: ReadonlyMap<string, { carrier: string }>) => void)[] = []
  const shown: string[] = []
  let missed = 0
  const live = createCorrelate({
    isNew: () => true,
    contexts: { contexts: () => new Promise((resolve) => answers.push(resolve)) },
    observe: (_, { correlationid }, { carrier }) => void shown.push(`${correlationid} ${carrier ?? 'unknown'}`),
    missed: (count) => {
      missed += count
    },
    lookUpWithinMs: 5,
  })
  async function batchOf(ids: readonly string[], event = '') {
    const builder = createBatch(live.show)
    builder.from(record(0))
    if (event !== '') builder.row('call_events', ['acme', event])
    for (const id of ids) builder.live('acme', sampleOf(id))
    await live.correlate(builder.batch)
    return shown.splice(0)
  }
  expect(await batchOf(['a', 'b'])).toEqual(['a unknown', 'b unknown'])
  expect(await batchOf(['a'])).toEqual(['a unknown'])
  await batchOf([], 'b')
  expect([answers.length, missed]).toEqual([1, 3])
  answers[0]?.(new Map(['a', 'b'].map((id) => [memberText({ tenant: 'acme', id }), { carrier: 'north' }])))
  await Promise.resolve()
  // Of b an event has come since it was asked for.
  await expect.poll(() => batchOf(['a'])).toEqual(['a north'])
  expect(await batchOf(['b'])).toEqual(['b unknown'])
})

test('samples whose labels could not be asked for are shown without', async () => {
  const shown: string[] = []
  const live = createCorrelate({
    isNew: () => true,
    contexts: { contexts: () => Promise.reject(new Error('away')) },
    observe: (_, { correlationid }) => void shown.push(correlationid),
    missed: () => undefined,
  })
  const builder = createBatch(live.show)
  builder.from(record(0))
  builder.live('acme', sampleOf('a'))
  await expect(live.correlate(builder.batch)).rejects.toThrow('away')
  expect(shown).toEqual(['a'])
})
