import type { TopicPartition } from '#contracts/event-log.ts'
import { nextOf, rewind, type Waiting, waitingFrom } from './buffer.ts'
import type { Extent, PlacedOffset } from './cluster.ts'
import type { JoinedRound, LiveConsumer } from './consumer.ts'
import { createHolding, type Holding } from './holding.ts'

/** What the group and its partitions looked like when a round began. */
export interface RoundStart {
  readonly committed: readonly PlacedOffset[]
  readonly extents: readonly Extent[]
  /** Moment of the monotonic clock before which all this was so. */
  readonly askedMs: number
}

/** A round of the group in which this member reads. */
export interface Round {
  readonly joined: JoinedRound
  readonly generation: number
  readonly waiting: ReadonlyMap<string, Waiting>
  readonly consumer: LiveConsumer
  readonly begunMs: number
  /** Moment of the monotonic clock before which the ends of the partitions were as known. */
  confirmedMs: number
  /** A poll has told of it. */
  shown: boolean
  /** What has gone before it was read, and no poll has told of yet: places and numbers of offsets. */
  readonly trimmed: (TopicPartition & { readonly records: number })[]
}

/** The rounds of a member: the one that is read in, and the one that is being joined. */
export interface Rounds {
  readonly holding: Holding
  /** The last round begun, also after it is over; commits may still be made in its name. */
  last(): Round | undefined
  /** The round that is read in now. */
  present(): Round | undefined
  isJoining(): boolean
  join(joined: JoinedRound, consumer: LiveConsumer): void
  /** False: another has been joined since. */
  begin(joined: JoinedRound, start: RoundStart, nowMs: number): boolean
  /** The present round is over, and what waits is dropped: it is read again from what is committed. */
  end(): void
  lost(): void
  /** Pause and resume partitions by what waits. */
  hold(): void
}

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export function createRounds(): Rounds {
  const holding = createHolding()
  let joining: { readonly joined: JoinedRound; readonly consumer: LiveConsumer } | undefined
  let last: Round | undefined
  let isOver = true

  const present = () => (isOver ? undefined : last)

  function end(): void {
    isOver = true
    for (const waiting of last?.waiting.values() ?? []) rewind(waiting, nextOf(waiting))
  }

  function hold(): void {
    const round = present()
    if (round !== undefined) holding.apply([...round.waiting.values()], round.consumer)
  }

  return {
    holding,
    last: () => last,
    present,
    isJoining: () => joining !== undefined,
    end,
    hold,
    join(joined, consumer) {
      end()
      joining = { joined, consumer }
      // Nothing is to be fetched before it is known where to begin.
      consumer.pause(joined.assigned)
    },
    begin(joined, { committed, extents, askedMs }, nowMs) {
      if (joining?.joined !== joined) return false
      const { consumer } = joining
      joining = undefined
      isOver = false
      const generation = Math.max((last?.generation ?? 0) + 1, joined.generationId)
      const waiting = new Map(joined.assigned.map((place) => [keyOf(place), startOf(place, committed, extents)]))
      last = {
        joined,
        generation,
        waiting,
        consumer,
        begunMs: nowMs,
        confirmedMs: askedMs,
        shown: false,
        trimmed: trimmedBefore(joined, committed, extents),
      }
      for (const { place, fetchNext } of waiting.values()) consumer.seek(place, fetchNext)
      holding.began([...waiting.values()])
      hold()
      return true
    },
    lost() {
      end()
      joining = undefined
    },
  }
}

/** Records that went between what the group had committed and the start of what is left. */
function trimmedBefore({ assigned }: JoinedRound, committed: readonly PlacedOffset[], extents: readonly Extent[]) {
  return assigned.flatMap(({ topic, partition }) => {
    const isHere = (place: TopicPartition) => place.partition === partition && place.topic === topic
    const records = (extents.find(isHere)?.start ?? 0) - (committed.find(isHere)?.offset ?? Number.POSITIVE_INFINITY)
    return records > 0 ? [{ topic, partition, records }] : []
  })
}

/**
 * A committed offset outside of what the log holds is as good as lost: beyond its end it was committed against another log,
 * and before its start unread records have gone.
 */
function startOf(
  { topic, partition }: TopicPartition,
  committed: readonly PlacedOffset[],
  extents: readonly Extent[],
): Waiting {
  const isHere = (place: TopicPartition) => place.partition === partition && place.topic === topic
  const { start, end } = extents.find(isHere) ?? { start: 0, end: 0 }
  const offset = committed.find(isHere)?.offset
  const valid = offset !== undefined && offset >= start && offset <= end ? offset : undefined
  return waitingFrom({ topic, partition, committed: valid }, valid ?? start, end)
}
