import { describe, expect, test } from 'vitest'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import type { Decode } from '#contracts/pipeline.ts'
import { createBatchDecoder, whereOf } from './decode-batch.ts'

const record = (offset: number, value: string): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset, logTimeMs: 1_000_000, key: null, headers: {}, value },
})
const polled = (...values: readonly string[]): Polled => ({
  ...{ generation: 1, assignment: [], positions: [], logNowMs: 1_000_000 },
  records: values.map((value, offset) => record(offset, value)),
})

/** Writes a row, and of a message that says so throws after it. */
const decode: Decode = ({ value }, into) => {
  into.row('call_links', ['acme', String(value), 'id:x', 1])
  into.seen('acme', value === 'poison' ? 999_999 : 5)
  if (value === 'poison') JSON.parse('{"caller": +49 30 1234567}')
  into.change({
    ...{ tenant: 'acme', id: String(value), minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
  })
}

describe('a step that throws over one message', () => {
  test('makes a dead letter of it, and the rest of the batch goes on as if it had never come', async () => {
    const batch = await createBatchDecoder({ decode })(polled('a', 'poison', 'b', 'poison', 'c'))
    expect(batch.rows.map(({ cells }) => cells[1])).toEqual(['a', 'b', 'c'])
    expect([...batch.changes.values()].map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(batch.parked.map(({ record, reason }) => [record.offset, reason])).toEqual([
      [1, 'internal_error'],
      [3, 'internal_error'],
    ])
    // It brought nobody's time on either.
    expect(batch.seen.get('acme')?.get('call-events/0')).toBe(5)
  })

  test('is told with its place in the source, and without what the message held', async () => {
    const told: string[] = []
    const { parked } = await createBatchDecoder({ decode, onFault: (where) => told.push(where) })(polled('poison'))
    expect(told).toEqual([expect.stringMatching(/^SyntaxError at pipelines\/decode-batch\.test\.ts:\d+$/)])
    expect(parked[0]?.detail).toContain(told[0])
    expect(parked[0]?.detail).not.toContain('1234567')
  })

  test('ends nothing, whatever it throws and however deep it is then', async () => {
    const recurse = (): number => 1 + recurse()
    const throwing: Decode = ({ offset }) => {
      if (offset === 0) throw 'a word'
      recurse()
    }
    const { parked } = await createBatchDecoder({ decode: throwing })(polled('a', 'b'))
    expect(parked.map(({ reason }) => reason)).toEqual(['internal_error', 'internal_error'])
  })

  test('leaves nothing in what the batch was begun with: a memory of links must not take for stored what is not', async () => {
    const begun: unknown[] = []
    const batch = await createBatchDecoder({ decode, begin: (batch) => begun.push(batch) })(polled('a', 'poison'))
    expect(begun).toHaveLength(2)
    expect(begun.at(-1)).toBe(batch)
  })

  test('costs a batch without such a message nothing', async () => {
    let begun = 0
    await createBatchDecoder({ decode, begin: () => (begun += 1) })(polled('a', 'b'))
    expect(begun).toBe(1)
  })
})

test('the place of an error names class and file, and never its words', () => {
  expect(whereOf(new TypeError('+49 30 1234567'))).toMatch(/^TypeError at pipelines\/decode-batch\.test\.ts:\d+$/)
  expect(whereOf({ message: '+49 30 1234567' })).toBe('something else than an error was thrown')
})
