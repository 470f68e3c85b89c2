import fc from 'fast-check'
import type { KafkaMessage } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { accept, nextOf, rewind, takeFairly, waitingFrom } from './buffer.ts'
import { batchOf } from './kafkajs-inside.ts'

const place = (partition = 0) => ({ topic: 't', partition, committed: undefined })
const aMessage = (offset: number, bytes = 10): KafkaMessage & { isControlRecord?: boolean } => ({
  key: null,
  value: Buffer.alloc(bytes),
  timestamp: '1700000000000',
  attributes: 0,
  offset: String(offset),
  headers: {},
})
const aMarker = (offset: number) => ({ ...aMessage(offset), isControlRecord: true })
const fetched = (from: number, messages: readonly KafkaMessage[], highWatermark = 1_000) =>
  batchOf('t', String(from), { partition: 0, highWatermark: String(highWatermark), messages })
const everything = { records: 1_000, bytes: 1_000_000 }
const offsets = (records: readonly { offset: number }[]) => records.map(({ offset }) => offset)

describe('what is fetched of a partition', () => {
  test('is handed out once, in order, whatever answers overlap', () => {
    const waiting = waitingFrom(place(), 0, 0)
    accept(waiting, fetched(0, [aMessage(0), aMessage(1)]))
    expect(accept(waiting, fetched(0, [aMessage(0), aMessage(1)]))).toBe('nothing_new')
    accept(waiting, fetched(1, [aMessage(1), aMessage(2)]))
    expect(offsets(takeFairly([waiting], everything))).toEqual([0, 1, 2])
  })

  test('ends behind a marker and a gap, so that the partition counts as read to its end', () => {
    const waiting = waitingFrom(place(), 0, 0)
    accept(waiting, fetched(0, [aMessage(0), aMarker(1)], 2))
    expect(nextOf(waiting)).toBe(0)
    takeFairly([waiting], everything)
    expect([nextOf(waiting), waiting.end]).toEqual([2, 2])
    accept(waiting, fetched(2, [aMessage(40)], 41))
    expect(nextOf(waiting)).toBe(40)
  })

  test('that begins too late is asked for again, and taken when it begins there once more', () => {
    const waiting = waitingFrom(place(), 0, 0)
    expect(accept(waiting, fetched(5, [aMessage(5)]))).toBe('ask_again')
    expect(accept(waiting, fetched(5, [aMessage(5)]))).toBe('taken')
    expect(offsets(takeFairly([waiting], everything))).toEqual([5])
  })

  test('before a seek back does not hide what comes after it', () => {
    const waiting = waitingFrom(place(), 0, 0)
    accept(waiting, fetched(0, [aMessage(0), aMessage(1), aMessage(2)]))
    takeFairly([waiting], everything)
    rewind(waiting, 1)
    expect(accept(waiting, fetched(3, [aMessage(3)]))).toBe('ask_again')
    accept(waiting, fetched(1, [aMessage(1), aMessage(2), aMessage(3)]))
    expect(offsets(takeFairly([waiting], everything))).toEqual([1, 2, 3])
    expect(waiting.bytes).toBe(0)
  })
})

test('whatever the sizes and bounds, all is handed out in order, within the bounds, and the account of bytes closes', () => {
  const sizes = fc.array(fc.array(fc.nat(300), { maxLength: 30 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 1_000 }),
      (partitions, records, bytes) => {
        const all = partitions.map((of, at) => {
          const waiting = waitingFrom(place(at), 0, 0)
          if (of.length > 0)
            accept(
              waiting,
              fetched(
                0,
                of.map((size, offset) => aMessage(offset, size)),
              ),
            )
          return waiting
        })
        const seen = partitions.map((): number[] => [])
        for (
          let taken = takeFairly(all, { records, bytes });
          taken.length > 0;
          taken = takeFairly(all, { records, bytes })
        ) {
          expect(taken.length).toBeLessThanOrEqual(records)
          const sum = taken.reduce((total, { value }) => total + value.length, 0)
          expect(taken.length === 1 || sum <= bytes).toBe(true)
          for (const { partition, offset } of taken) seen[partition]?.push(offset)
        }
        expect(seen).toEqual(partitions.map((of) => of.map((_, offset) => offset)))
        expect(all.map((waiting) => waiting.bytes)).toEqual(all.map(() => 0))
      },
    ),
  )
})
