import type { KafkaMessage } from 'kafkajs'
import type { AssignedPartition, LogRecord } from '#contracts/event-log.ts'
import type { FetchedBatch } from './kafkajs-inside.ts'
import { recordOf, recordOverheadBytes, sizeOf } from './records.ts'

/** What waits of one assigned partition, and where its reading stands. */
export interface Waiting {
  readonly place: AssignedPartition
  /** Batches in order; of the first, what is before `at` has been taken. */
  readonly batches: (readonly KafkaMessage[])[]
  at: number
  /** About what `batches` holds of memory. A value is a slice of the fetch answer it came in, which lives as long as any of its slices. */
  bytes: number
  /** Where the next batch has to begin. */
  fetchNext: number
  /** Offset after the last record of the partition, as far as is known. */
  end: number
  /** `fetchNext` as of the last question for the ends of partitions. */
  askedNext: number
  /** A batch began after `fetchNext`, and it was asked for once more. */
  skipped: boolean
}

export type Accepted = 'taken' | 'ask_again' | 'nothing_new'

export const waitingFrom = (place: AssignedPartition, from: number, end: number): Waiting => ({
  place,
  batches: [],
  at: 0,
  bytes: 0,
  fetchNext: from,
  end,
  askedNext: from,
  skipped: false,
})

/** Offset of the next record that will be handed out. Where nothing waits, behind control records and gaps too. */
export function nextOf({ batches, at, fetchNext }: Waiting): number {
  const next = batches[0]?.[at]
  return next === undefined ? fetchNext : Number(next.offset)
}

/** Forget what waits and go on from an offset. */
export function rewind(waiting: Waiting, offset: number): void {
  waiting.batches.length = 0
  waiting.at = 0
  waiting.bytes = 0
  waiting.fetchNext = offset
  waiting.skipped = false
}

/**
 * Put a fetched batch behind what waits. Only what follows on is taken, so that an answer to a question from before a seek
 * does no harm. A batch that begins later is asked for again once; then its beginning is gone from the log.
 */
export function accept(waiting: Waiting, batch: FetchedBatch): Accepted {
  waiting.end = Math.max(waiting.end, Number(batch.highWatermark))
  if (Number(batch.fetchedOffset) > waiting.fetchNext && !waiting.skipped) {
    waiting.skipped = true
    return 'ask_again'
  }
  const next = Number(batch.lastOffset()) + 1
  if (next <= waiting.fetchNext) return 'nothing_new'
  const fresh = from(batch.messages, waiting.fetchNext)
  if (fresh.length > 0) waiting.batches.push(fresh)
  for (const message of fresh) waiting.bytes += sizeOf(message) + recordOverheadBytes
  waiting.fetchNext = next
  waiting.skipped = false
  return 'taken'
}

function from(messages: readonly KafkaMessage[], offset: number): readonly KafkaMessage[] {
  const [first] = messages
  if (first === undefined || Number(first.offset) >= offset) return messages
  return messages.filter((message) => Number(message.offset) >= offset)
}

interface Budget {
  records: number
  bytes: number
}

/**
 * Take from several partitions within one budget. Each gives an equal share first, then what others left over goes round
 * in the same order; the caller turns the order from call to call, so a flooded partition starves nobody. Brings at least
 * one record if there is any, however large.
 */
export function takeFairly(ready: readonly Waiting[], limits: Readonly<Budget>, latestMs?: number): LogRecord[] {
  const taken: LogRecord[] = []
  const left: Left = { records: limits.records, bytes: limits.bytes, latestMs }
  ready.forEach((waiting, at) => {
    const sharers = ready.length - at
    const share = { records: Math.ceil(left.records / sharers), bytes: Math.floor(left.bytes / sharers) }
    take(waiting, share, left, taken)
  })
  for (const waiting of ready) take(waiting, { records: left.records, bytes: left.bytes }, left, taken)
  return taken
}

interface Left extends Budget {
  readonly latestMs: number | undefined
}

function take(waiting: Waiting, share: Budget, left: Left, taken: LogRecord[]): void {
  const { batches, place } = waiting
  while (share.records > 0) {
    const batch = batches[0]
    const message = batch?.[waiting.at]
    if (batch === undefined || message === undefined) return
    const bytes = sizeOf(message)
    // The one exception to the budget: without it a record larger than `maxBytes` would stop its partition for good.
    if (bytes > share.bytes && taken.length > 0) return
    taken.push(recordOf(place, message, left.latestMs))
    waiting.bytes -= bytes + recordOverheadBytes
    waiting.at += 1
    if (waiting.at === batch.length) {
      batches.shift()
      waiting.at = 0
    }
    share.records -= 1
    share.bytes -= bytes
    left.records -= 1
    left.bytes -= bytes
  }
}
