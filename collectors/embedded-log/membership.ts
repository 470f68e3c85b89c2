import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  AssignedPartition,
  GroupOptions,
  LogRecord,
  Membership,
  PollLimits,
  TopicPartition,
} from '#contracts/event-log.ts'
import { type Cursor, hasMore, readFairly, unknownMeanBytes } from './fair-read.ts'
import type { GroupCommit } from './group-commit.ts'
import type { GroupCoordinator, GroupMember } from './group-coordinator.ts'
import type { GroupOffsets, PlacedOffset } from './group-offsets.ts'
import type { LogTime } from './log-time.ts'
import type { Partitions } from './partitions.ts'
import type { Records } from './records.ts'
import { createWaitingRoom } from './waiting-room.ts'

export interface MembershipParts {
  readonly partitions: Partitions
  readonly records: Records
  readonly offsets: GroupOffsets
  readonly coordinator: GroupCoordinator
  readonly groupCommit: GroupCommit
  readonly logTime: LogTime
  readonly isClosed: () => boolean
}

export function joinGroup(parts: MembershipParts, { group, topics }: GroupOptions): Membership {
  const { partitions, records, offsets, coordinator, groupCommit, logTime, isClosed } = parts
  const room = createWaitingRoom()
  const member: GroupMember = { topics: [...new Set(topics)], wake: room.wake }
  for (const topic of member.topics) partitions.of(topic) // an unknown topic is an error here, not at the first poll
  let generation = 0
  let assignment: readonly AssignedPartition[] = []
  let cursors: readonly Cursor[] = []
  let turn = 0
  let left = false

  const isOver = () => left || isClosed()

  /** Catch up with the group. True: the assignment is new to this member. */
  function catchUp(): boolean {
    if (coordinator.generation(group) === generation) return false
    generation = coordinator.generation(group)
    const assigned = coordinator.assignment(group, member)
    assignment = assigned.map((partition) => {
      const known = offsets.committed(group, partition)
      // An offset the log never reached names records of another log: as good as lost.
      const committed = known !== undefined && known <= partition.end ? known : undefined
      return { topic: partition.topic, partition: partition.partition, committed }
    })
    cursors = assigned.map((partition, at) => {
      const next = Math.max(assignment[at]?.committed ?? partition.start, partition.start)
      return { partition, next, meanBytes: unknownMeanBytes }
    })
    return true
  }

  function read({ maxRecords, maxBytes, paused }: PollLimits): LogRecord[] {
    const ready = cursors.filter((cursor) => hasMore(cursor) && paused?.some(sameAs(cursor.partition)) !== true)
    if (ready.length === 0) return []
    const first = turn++ % ready.length
    const inTurn = [...ready.slice(first), ...ready.slice(0, first)]
    return readFairly(records, inTurn, { records: maxRecords, bytes: maxBytes })
  }

  const polled = (found: readonly LogRecord[]) => ({
    generation,
    assignment,
    records: found,
    positions: cursors.map(({ partition: { topic, partition, end }, next }) => ({ topic, partition, next, end })),
    logNowMs: logTime.now(),
  })

  coordinator.join(group, member)

  return {
    async poll(limits, signal) {
      if (isOver()) throw new Error(`Group '${group}': polled after this member left or the log was closed.`)
      // Reads are synchronous: without this a reader with a backlog would never let the event loop turn.
      await nextTurn()
      const visit = room.enter(limits.waitMs, signal)
      try {
        for (;;) {
          if (isOver()) return polled([])
          const isNew = catchUp()
          const found = signal?.aborted ? [] : read(limits)
          if (found.length > 0 || isNew || visit.isOver()) return polled(found)
          await visit.wait()
        }
      } finally {
        visit.leave()
      }
    },
    async commit(places, committing) {
      const targets = places.map((place) => ({ partition: partitions.find(place), offset: place.offset }))
      const isStale = () =>
        isOver() || committing !== generation || committing !== coordinator.generation(group) || !places.every(isMine)
      if (isStale()) return 'stale'
      for (const { partition, offset } of targets) assertOffset(offset, partition)
      return groupCommit.write({
        apply() {
          if (isStale()) return 'stale' // the group may have changed since the call
          for (const { partition, offset } of targets) offsets.commit(group, partition, offset)
          return 'committed'
        },
      })
    },
    seek(position) {
      const cursor = cursors.find(({ partition }) => sameAs(partition)(position))
      if (cursor === undefined) throw new Error(`Group '${group}': ${label(position)} is not assigned to this member.`)
      assertOffset(position.offset, cursor.partition)
      cursor.next = position.offset
    },
    async leave() {
      left = true
      assignment = []
      cursors = []
      coordinator.leave(group, member)
      room.wake()
    },
  }

  function isMine(place: PlacedOffset): boolean {
    return assignment.some(sameAs(place))
  }
}

const sameAs = (a: TopicPartition) => (b: TopicPartition) => a.partition === b.partition && a.topic === b.topic

const label = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

function assertOffset(offset: number, partition: TopicPartition & { readonly end: number }): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset <= partition.end) return
  throw new RangeError(`Offset ${offset} is outside ${label(partition)}, which ends at ${partition.end}.`)
}
