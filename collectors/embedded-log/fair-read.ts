import type { LogRecord } from '#contracts/event-log.ts'
import type { Partition } from './partitions.ts'
import type { Records } from './records.ts'

/** Where one member stands in one partition. */
export interface Cursor {
  readonly partition: Partition
  next: number
  /** Running mean of the sizes met here: keeps a read from fetching far more than may be handed out. */
  meanBytes: number
}

interface Budget {
  records: number
  bytes: number
}

// A guess until the first record was seen, on the large side.
export const unknownMeanBytes = 4_096

/** Longest single fetch, so that a wrong guess about sizes costs a bounded detour. */
const longestFetch = 1_000

/**
 * Read on from several cursors within one budget. Each gets an equal share first, then what others left over goes
 * round in the same order; the caller turns the order from call to call, so a busy partition starves nobody. Brings
 * at least one record if there is any, however large.
 */
export function readFairly(records: Records, cursors: readonly Cursor[], limits: Readonly<Budget>): LogRecord[] {
  const taken: LogRecord[] = []
  const left: Budget = { records: limits.records, bytes: limits.bytes }
  const ready = cursors.filter(hasMore)
  ready.forEach((cursor, at) => {
    const others = ready.length - at
    take(records, cursor, shareOf(left, others), left, taken)
  })
  for (const cursor of ready) take(records, cursor, left, left, taken)
  return taken
}

/** Records were trimmed away under a reader that never committed: it goes on at the first one left. */
export function hasMore(cursor: Cursor): boolean {
  cursor.next = Math.max(cursor.next, cursor.partition.start)
  return cursor.next < cursor.partition.end
}

const shareOf = (left: Budget, sharers: number): Budget => ({
  records: Math.ceil(left.records / sharers),
  bytes: Math.floor(left.bytes / sharers),
})

function take(records: Records, cursor: Cursor, { ...share }: Budget, left: Budget, taken: LogRecord[]): void {
  while (share.records > 0 && hasMore(cursor) && (share.bytes > 0 || taken.length === 0)) {
    const fits = Math.ceil(share.bytes / cursor.meanBytes)
    const fetched = records.read(
      cursor.partition,
      cursor.next,
      Math.min(share.records, Math.max(fits, 1), longestFetch),
    )
    for (const record of fetched) {
      const bytes = sizeOf(record)
      cursor.meanBytes += (bytes - cursor.meanBytes) / 8
      // The one exception to the budget: without it a record larger than `maxBytes` would stop its partition for good.
      if (bytes > share.bytes && taken.length > 0) return
      taken.push(record)
      cursor.next = record.offset + 1
      for (const budget of share === left ? [left] : [share, left]) {
        budget.records -= 1
        budget.bytes -= bytes
      }
    }
  }
}

// Text is counted by its UTF-16 units, header names and values as stored text would be; exactness is not the point of the bound.
function sizeOf({ key, value, headers }: LogRecord): number {
  let bytes = value.length + (key?.length ?? 0)
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}
