import type { TopicPartition } from '#contracts/event-log.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { GroupOffsets, PlacedOffset } from './group-offsets.ts'
import type { LogFile } from './log-file.ts'
import type { Partition, Partitions } from './partitions.ts'
import type { Records } from './records.ts'

export interface PartitionLag extends TopicPartition {
  readonly committed: number | undefined
  readonly end: number
  /** Records the group has not dealt with. All that is there, if it never committed. */
  readonly lag: number
}

/** What an operator or the composition root does to the log, beside reading and writing it. */
export interface LogMaintenance {
  /** The process before this one was killed or lost power: with `durability: power`, rewind the readers. */
  readonly openedAfterUncleanStop: boolean
  /** Delete what is older than its topic's retention. Call it every minute or so. */
  trim(): Promise<{ readonly deleted: number }>
  /** Groups that have committed or are reading now. */
  groups(): readonly string[]
  /** Per partition the group subscribes to now or has committed in. */
  lag(group: string): readonly PartitionLag[]
  /** What the file and its write-ahead log take on disk. */
  sizeBytes(): number
  /** What `rewind` would go back to. */
  committedBefore(group: string, runningMs: number): readonly PlacedOffset[]
  /**
   * Make the offsets of this much *running* time ago the committed ones (time in which the log was closed does not
   * count). Reaches back 20 minutes, in steps of 30 s, rounding to the earlier. A group younger than that starts over.
   * Members that are reading go back too, in a new generation.
   */
  rewind(group: string, runningMs: number): readonly PlacedOffset[]
  /** Puts another value in the place of a record that is to be forgotten; nothing of the old one stays in the file. */
  replaceValue(place: TopicPartition & { readonly offset: number }, value: Uint8Array): Promise<void>
  /** Drop what the group committed, in all topics or in those named. Its next assignment starts from nothing. */
  forgetGroup(group: string, topics?: readonly string[]): void
}

export interface MaintenanceParts {
  readonly file: LogFile
  readonly partitions: Partitions
  readonly records: Records
  readonly offsets: GroupOffsets
  readonly coordinator: GroupCoordinator
  readonly trim: LogMaintenance['trim']
  readonly assertOpen: () => void
}

export function createMaintenance(parts: MaintenanceParts): LogMaintenance {
  const { file, partitions, offsets, coordinator, assertOpen } = parts
  let trimming: ReturnType<LogMaintenance['trim']> | undefined

  /** Run `change` on every partition, then send the group's readers back to what is committed now. */
  function changeOffsets(group: string, change: (partition: Partition) => number | undefined): PlacedOffset[] {
    assertOpen()
    const changed = file.transaction(() => placed(partitions.all, change))
    coordinator.restart(group)
    return changed
  }

  return {
    openedAfterUncleanStop: file.openedAfterUncleanStop,
    sizeBytes: file.sizeBytes,
    trim() {
      assertOpen()
      trimming ??= parts.trim().finally(() => {
        trimming = undefined
      })
      return trimming
    },
    groups() {
      assertOpen()
      return [...new Set([...offsets.groups(), ...coordinator.groups()])].sort()
    },
    lag(group) {
      assertOpen()
      const subscribed = new Set(coordinator.topics(group))
      return partitions.all.flatMap((place) => {
        const { topic, partition, start, end } = place
        const committed = offsets.committed(group, place)
        if (committed === undefined && !subscribed.has(topic)) return []
        return [{ topic, partition, committed, end, lag: end - Math.max(committed ?? start, start) }]
      })
    },
    committedBefore(group, runningMs) {
      assertOpen()
      return placed(partitions.all, (partition) => offsets.committedBefore(group, partition, runningMs))
    },
    rewind: (group, runningMs) => changeOffsets(group, (partition) => offsets.rewind(group, partition, runningMs)),
    async replaceValue(place, value) {
      assertOpen()
      file.overwrite(() => parts.records.replaceValue(partitions.find(place), place.offset, value))
    },
    forgetGroup(group, topics) {
      changeOffsets(group, (partition) => {
        if (topics?.includes(partition.topic) !== false) offsets.forget(group, partition)
        return undefined
      })
    },
  }
}

const placed = (all: readonly Partition[], offsetOf: (partition: Partition) => number | undefined): PlacedOffset[] =>
  all.flatMap((place) => {
    const offset = offsetOf(place)
    return offset === undefined ? [] : [{ topic: place.topic, partition: place.partition, offset }]
  })
