import type { LogFile } from './log-file.ts'
import type { LogTime } from './log-time.ts'
import type { Partition, Partitions } from './partitions.ts'
import type { Records } from './records.ts'

export interface RightTimesParts {
  readonly file: LogFile
  readonly partitions: Partitions
  readonly records: Records
  readonly logTime: LogTime
}

/**
 * Called before the log is read, written or trimmed. While a clock was wrong, records were stamped with times that are still to
 * come; once it is right these get the present, which is the latest that they can have been taken at, and the log's time
 * goes on from there. So times never fall within a partition, and nobody who reads them has to know. One look at the clock
 * where nothing is wrong.
 */
export function createRightTimes({ file, partitions, records, logTime }: RightTimesParts): () => void {
  return function rightTimes(): void {
    const presentMs = logTime.wrongSince()
    if (presentMs === undefined) return
    // First in the file, then here: killed in between, the next process finds the same to be done.
    file.transaction(() => {
      for (const partition of partitions.all) {
        const first = firstAfter(partition, records, presentMs)
        if (first < partition.tail) records.setLogTime(partition, first, presentMs)
      }
      file.setMeta('last_log_time_ms', presentMs)
    })
    logTime.stepBack()
  }
}

/** Times never fall within a partition, so those to come are its last. */
function firstAfter(partition: Partition, records: Records, timeMs: number): number {
  let low = partition.start
  let high = partition.tail
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((records.logTimeMs(partition, middle) ?? 0) <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}
