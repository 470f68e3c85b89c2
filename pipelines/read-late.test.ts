import { describe, expect, test } from 'vitest'
import { type Change, recordOnly } from '#contracts/changes.ts'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import { asReadLate, createReadLate } from './read-late.ts'

const nowMs = 1_700_000_000_000

const aRecord = (ageMs: number): LogRecord => ({
  ...{ topic: 't', partition: 0, offset: 0, logTimeMs: nowMs - ageMs, key: null, headers: {} },
  value: '{}',
})

/** A batch of records of these ages, with so many messages left on two partitions. */
const polled = (behind: number, ages: readonly number[] = [0]): Polled => ({
  ...{ generation: 1, assignment: [], logNowMs: nowMs, records: ages.map(aRecord) },
  positions: [
    { topic: 't', partition: 0, next: 10, end: 10 + Math.floor(behind / 2) },
    { topic: 't', partition: 1, next: 0, end: Math.ceil(behind / 2) },
  ],
})

test('a batch is read late when all of it is older than half a minute', () => {
  const isLate = createReadLate()
  expect([[31_000, 40_000], [31_000, 1_000], []].map((ages) => isLate(polled(0, ages)))).toEqual([true, false, false])
})

test('a flood begins with more than a pipeline keeps up with, and lasts until there is a batch left', () => {
  const isLate = createReadLate()
  const behind = [90_000, 110_000, 90_000, 40_000, 20_000, 40_000, 110_000]
  expect(behind.map((left) => isLate(polled(left)))).toEqual([false, true, true, true, false, false, true])
})

describe('of a batch that was read late', () => {
  const changes = (counts: Readonly<Record<string, number>>): readonly Change[] =>
    Object.entries(counts).flatMap(([tenant, count]) =>
      Array.from({ length: count }, (_, at) => recordOnly({ tenant, id: `c${at}` })),
    )
  const lateOf = (counts: Readonly<Record<string, number>>): readonly string[] => [
    ...new Set([...asReadLate(changes(counts))].flatMap(({ tenant, late }) => (late === true ? [tenant] : []))),
  ]

  test('what the flooding tenant has sent waits, and what others have sent beside it does not', () => {
    expect(lateOf({ flood: 1_000, quiet: 2, another: 50 })).toEqual(['flood'])
  })

  test('where no tenant has little, everything waits', () => {
    expect(lateOf({ only: 2 })).toEqual(['only'])
    expect(lateOf({ one: 50, two: 50, three: 50 })).toEqual(['one', 'two', 'three'])
  })

  test('of many equal tenants no more than a tenth is computed at once, so that it makes nothing take longer', () => {
    const equal = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`tenant ${at}`, 5]))
    expect(lateOf(equal)).toHaveLength(90)
  })
})
