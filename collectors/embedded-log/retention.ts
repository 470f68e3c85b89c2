import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GroupOffsets } from './group-offsets.ts'
import type { LogFile } from './log-file.ts'
import { type LogTime, noteTimes } from './log-time.ts'
import type { Partition, Partitions } from './partitions.ts'
import type { Records } from './records.ts'

// Some milliseconds of work: appends and polls get their turn between two chunks.
const chunkRecords = 2_000

export interface RetentionParts {
  readonly file: LogFile
  readonly partitions: Partitions
  readonly records: Records
  readonly offsets: GroupOffsets
  readonly logTime: LogTime
  readonly rightTimes: () => void
  readonly isClosed: () => boolean
}

/**
 * Deletes records older than their topic's retention, never one that a group may still go back to, and none while the log's
 * time is not sure (`mayDelete`). A group that has
 * never committed in a partition holds nothing there. The file keeps its size; later records reuse the space.
 */
export function createTrim({ file, partitions, records, offsets, logTime, rightTimes, isClosed }: RetentionParts) {
  function trimTo(partition: Partition, before: number): void {
    file.transaction(() => {
      records.deleteBefore(partition, before)
      // Kept beside the records: with all of them gone, only this row knows where the partition goes on.
      file.db.prepare('UPDATE partitions SET start_offset = ? WHERE id = ?').run(before, partition.id)
      file.setMeta('last_log_time_ms', logTime.now())
    })
    partition.start = before
  }

  async function trimPartition(partition: Partition, olderThanMs: number): Promise<number> {
    const from = partition.start
    for (;;) {
      const heldAt = Math.min(offsets.hold(partition) ?? partition.end, partition.end)
      const chunkEnd = Math.min(heldAt, partition.start + chunkRecords)
      const before = firstSince(partition, chunkEnd, olderThanMs)
      if (before <= partition.start) return partition.start - from
      trimTo(partition, before)
      await nextTurn()
      if (isClosed()) return partition.start - from
    }
  }

  /** First offset in [start, end) whose record is not older than a time, else `end`. Times never fall within a partition. */
  function firstSince(partition: Partition, end: number, timeMs: number): number {
    let low = partition.start
    let high = Math.max(end, low)
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((records.logTimeMs(partition, middle) ?? 0) < timeMs) low = middle + 1
      else high = middle
    }
    return low
  }

  return async function trim(): Promise<{ readonly deleted: number }> {
    let deleted = 0
    rightTimes()
    const mayDelete = logTime.mayDelete()
    // Now and then, too, so that a kill loses little of the running time that is waited for.
    file.transaction(() => noteTimes(file, logTime.state()))
    if (!mayDelete) return { deleted }
    for (const { name, retentionMs } of partitions.topics) {
      for (const partition of partitions.of(name)) {
        if (isClosed()) return { deleted }
        deleted += await trimPartition(partition, logTime.now() - retentionMs)
      }
    }
    return { deleted }
  }
}
