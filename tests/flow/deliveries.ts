import fc from 'fast-check'
import type { NewRecord } from '#contracts/event-log.ts'

/** How the messages of one call reach the log. */
export interface Delivery {
  /** Sort keys: the messages come in their order. */
  readonly order: readonly number[]
  /** Which messages come again, and where they are put. */
  readonly again: readonly (readonly [which: number, where: number])[]
  /** Where one batch ends and the next begins. */
  readonly borders: readonly number[]
}

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** Batches of each delivery. */
export const batches = 4

export const delivery: fc.Arbitrary<Delivery> = fc
  .record({
    order: fc.array(share, { minLength: 100, maxLength: 100 }),
    again: fc.array(fc.tuple(share, share), { maxLength: 20 }),
    borders: fc.array(share, { minLength: batches - 1, maxLength: batches - 1 }),
  })
  // A counterexample is told by its seed; hundreds of sort keys are no reading.
  .map((each) =>
    Object.assign(each, {
      [fc.toStringMethod]: () => `${each.again.length} repeats, borders ${each.borders.map((at) => at.toFixed(2))}`,
    }),
  )

/** The batches of one delivery, always as many; some may be empty. */
export function batchesOf(
  messages: readonly NewRecord[],
  { order, again, borders }: Delivery,
): readonly (readonly NewRecord[])[] {
  const queue = messages
    .map((message, n) => [order[n % order.length] ?? 0, message] as const)
    .sort(([a], [b]) => a - b)
    .map(([, message]) => message)
  for (const [which, where] of again) {
    const repeated = messages[Math.floor(which * messages.length)]
    if (repeated !== undefined) queue.splice(Math.floor(where * queue.length), 0, repeated)
  }
  const ends = [...borders.map((border) => Math.floor(border * queue.length)).sort((a, b) => a - b), queue.length]
  return ends.map((end, n) => queue.slice(ends[n - 1] ?? 0, end))
}
