import { setImmediate as nextTurn } from 'node:timers/promises'
import type { GroupOptions, Membership } from '#contracts/event-log.ts'
import { createWaitingRoom } from '../waiting-room.ts'
import type { GroupCommit } from './group-commit.ts'
import type { GroupMember } from './group-coordinator.ts'
import type { Partitions } from './partitions.ts'
import { assertOffset, createReading, type ReadingParts } from './reading.ts'

export interface MembershipParts extends ReadingParts {
  readonly partitions: Partitions
  readonly groupCommit: GroupCommit
  /** Before anything is read. */
  readonly rightTimes: () => void
  readonly isClosed: () => boolean
}

export function joinGroup(parts: MembershipParts, { group, topics }: GroupOptions): Membership {
  const { partitions, offsets, coordinator, groupCommit, rightTimes, isClosed } = parts
  for (const topic of topics) partitions.of(topic) // an unknown topic is an error here, not at the first poll
  const room = createWaitingRoom()
  const member: GroupMember = { topics: [...new Set(topics)], wake: room.wake }
  const reading = createReading(parts, group, member)
  let left = false
  const isOver = () => left || isClosed()

  coordinator.join(group, member)

  return {
    async poll(limits, signal) {
      if (isOver()) throw new Error(`Group '${group}': polled after this member left or the log was closed.`)
      // Reads are synchronous: without this a reader with a backlog would never let the event loop turn.
      await nextTurn()
      const visit = room.enter(limits.waitMs, signal)
      try {
        for (;;) {
          if (isOver()) return reading.polled([])
          rightTimes()
          const isNew = reading.catchUp()
          const found = signal?.aborted ? [] : reading.read(limits)
          if (found.length > 0 || isNew || visit.isOver()) return reading.polled(found)
          await visit.wait()
        }
      } finally {
        visit.leave()
      }
    },
    async commit(places, generation) {
      const isStale = () => isOver() || reading.isStale(generation, places)
      if (isStale()) return 'stale'
      const targets = places.map((place) => ({ partition: partitions.find(place), offset: place.offset }))
      for (const { partition, offset } of targets) assertOffset(offset, partition)
      return groupCommit.write({
        apply() {
          if (isStale()) return 'stale' // the group may have changed since the call
          for (const { partition, offset } of targets) offsets.commit(group, partition, offset)
          return 'committed'
        },
      })
    },
    seek: reading.seek,
    async leave() {
      left = true
      reading.drop()
      coordinator.leave(group, member)
      room.wake()
    },
  }
}
