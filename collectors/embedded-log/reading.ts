import type { AssignedPartition, LogRecord, Polled, PollLimits, TopicPartition } from '#contracts/event-log.ts'
import { type Cursor, hasMore, readFairly, unknownMeanBytes } from './fair-read.ts'
import type { GroupCoordinator, GroupMember } from './group-coordinator.ts'
import type { GroupOffsets, PlacedOffset } from './group-offsets.ts'
import type { LogTime } from './log-time.ts'
import type { Partition } from './partitions.ts'
import type { Records } from './records.ts'

export interface ReadingParts {
  readonly records: Records
  readonly offsets: GroupOffsets
  readonly coordinator: GroupCoordinator
  readonly logTime: LogTime
}

/** What one member holds: its assignment as of its last poll, and where it stands in each partition. */
export interface Reading {
  /** Take over what the group has decided since. True: the assignment is new to this member. */
  catchUp(): boolean
  read(limits: PollLimits): LogRecord[]
  polled(records: readonly LogRecord[]): Polled
  seek(position: PlacedOffset): void
  /** This generation has passed, or one of the partitions is not this member's. */
  isStale(generation: number, places: readonly TopicPartition[]): boolean
  drop(): void
}

export function createReading(parts: ReadingParts, group: string, member: GroupMember): Reading {
  const { records, offsets, coordinator, logTime } = parts
  let generation = 0
  let assignment: readonly AssignedPartition[] = []
  let cursors: readonly Cursor[] = []
  let turn = 0

  const cursorAt = (place: TopicPartition) => cursors.find(({ partition }) => isSame(partition, place))

  return {
    catchUp() {
      if (coordinator.generation(group) === generation) return false
      generation = coordinator.generation(group)
      const assigned = coordinator.assignment(group, member)
      assignment = assigned.map((place) => assignedWith(place, offsets.committed(group, place)))
      cursors = assigned.map((place, at) => cursorFrom(place, assignment[at]?.committed))
      return true
    },
    read({ maxRecords, maxBytes, paused }) {
      const isPaused = (place: TopicPartition) => paused?.some((other) => isSame(other, place)) === true
      const ready = cursors.filter((cursor) => hasMore(cursor) && !isPaused(cursor.partition))
      if (ready.length === 0) return []
      const first = turn++ % ready.length
      const inTurn = [...ready.slice(first), ...ready.slice(0, first)]
      return readFairly(records, inTurn, { records: maxRecords, bytes: maxBytes })
    },
    polled: (found) => ({
      generation,
      assignment,
      records: found,
      positions: cursors.map(({ partition: { topic, partition, end }, next }) => ({ topic, partition, next, end })),
      logNowMs: logTime.now(),
    }),
    seek(position) {
      const cursor = cursorAt(position)
      if (cursor === undefined) throw new Error(`Group '${group}': ${label(position)} is not assigned to this member.`)
      assertOffset(position.offset, cursor.partition)
      cursor.next = position.offset
    },
    isStale: (asked, places) =>
      asked !== generation || asked !== coordinator.generation(group) || !places.every((place) => cursorAt(place)),
    drop() {
      assignment = []
      cursors = []
    },
  }
}

/** An offset the log never reached was committed against another log: as good as lost. */
function assignedWith({ topic, partition, end }: Partition, committed: number | undefined): AssignedPartition {
  return { topic, partition, committed: committed !== undefined && committed <= end ? committed : undefined }
}

const cursorFrom = (partition: Partition, committed: number | undefined): Cursor => ({
  partition,
  next: Math.max(committed ?? partition.start, partition.start),
  meanBytes: unknownMeanBytes,
})

export function assertOffset(offset: number, place: TopicPartition & { readonly end: number }): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset <= place.end) return
  throw new RangeError(`Offset ${offset} is outside ${label(place)}, which ends at ${place.end}.`)
}

const isSame = (a: TopicPartition, b: TopicPartition): boolean => a.partition === b.partition && a.topic === b.topic

const label = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
