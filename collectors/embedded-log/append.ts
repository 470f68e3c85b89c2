import type { NewRecord } from '#contracts/event-log.ts'
import { partitionOf } from '#contracts/sharding.ts'
import type { Write } from './group-commit.ts'
import type { LogTime } from './log-time.ts'
import type { Partition, Partitions } from './partitions.ts'
import type { Records } from './records.ts'

export interface AppenderParts {
  readonly partitions: Partitions
  readonly records: Records
  readonly logTime: LogTime
  /** There is something new to read. */
  readonly onAppended: () => void
}

/** Makes the write that puts records at the end of their partitions. Throws, before anything is written, on a place that does not exist. */
export function createAppender({ partitions, records, logTime, onAppended }: AppenderParts) {
  const spread = new Map<string, number>()

  function place({ topic, key, partition }: NewRecord): Partition {
    if (partition !== undefined) return partitions.find({ topic, partition })
    const all = partitions.of(topic)
    const at = key === null ? nextInTurn(topic, all.length) : partitionOf(key, all.length)
    return all[at] ?? partitions.find({ topic, partition: at })
  }

  function nextInTurn(topic: string, count: number): number {
    const turn = spread.get(topic) ?? 0
    spread.set(topic, turn + 1)
    return turn % count
  }

  return function append(batch: readonly NewRecord[]): Write<void> {
    const places = batch.map(place)
    const touched = new Set(places)
    return {
      apply() {
        // One time for all of a call: read inside the transaction, so that offsets and times rise together.
        const logTimeMs = logTime.now()
        batch.forEach((record, at) => {
          const partition = places[at] as Partition // one place per record
          records.insert(partition, partition.tail, logTimeMs, record)
          partition.tail += 1
        })
      },
      committed() {
        for (const partition of touched) partition.end = partition.tail
        onAppended()
      },
      undone() {
        for (const partition of touched) partition.tail = partition.end
      },
    }
  }
}
