import type { LogRecord, Polled, PollLimits, TopicPartition } from '#contracts/event-log.ts'
import { accept, nextOf, rewind, takeFairly, type Waiting, waitingFrom } from './buffer.ts'
import type { Extent, PlacedOffset } from './cluster.ts'
import type { ConsumerListener, JoinedRound, LiveConsumer } from './consumer.ts'
import { createHolding } from './holding.ts'
import type { LogClock } from './log-clock.ts'

/** What the group and its partitions looked like when a round began. */
export interface RoundStart {
  readonly committed: readonly PlacedOffset[]
  readonly extents: readonly Extent[]
  /** Moment of the monotonic clock before which all this was so. */
  readonly askedMs: number
}

export interface ReadingParts {
  readonly logClock: LogClock
  /** Look up how a round begins; `begin` is called with it. */
  readonly prepare: (round: JoinedRound) => void
  readonly wake: () => void
  readonly onTrimmed: (place: TopicPartition) => void
}

/** What one member holds of its group's present round, fed by a consumer and emptied by polls. */
export interface Reading extends ConsumerListener {
  /** The round that `prepare` was called with goes on, unless another has begun since. */
  begin(round: JoinedRound, start: RoundStart): void
  /** What the partitions held when `asking` was called. False: they hold less than was read from them, and the group has to be joined anew. */
  refresh(extents: readonly Extent[], askedMs: number): boolean
  /** The consumer is gone; what waits is dropped. */
  lost(): void
  /** A round's assignment can be shown: its first records are here, or it has none. True once per round. */
  isNew(): boolean
  take(limits: PollLimits): LogRecord[]
  polled(records: readonly LogRecord[]): Polled
  seek(position: PlacedOffset): void
  /** The round of a generation, if it is the present one and holds these partitions. */
  round(generation: number, places: readonly TopicPartition[]): JoinedRound | undefined
  /** The assigned partitions, whose ends are about to be asked for. */
  asking(): readonly TopicPartition[]
}

interface Round {
  readonly joined: JoinedRound
  readonly generation: number
  readonly waiting: ReadonlyMap<string, Waiting>
  readonly consumer: LiveConsumer
  readonly begunMs: number
  confirmedMs: number
  shown: boolean
}

// A round with unread records shows itself with the first of them, but does not wait for them for ever.
const longestUnshownMs = 2_000

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export function createReading({ logClock, prepare, wake, onTrimmed }: ReadingParts): Reading {
  const holding = createHolding()
  let joining: { readonly round: JoinedRound; readonly consumer: LiveConsumer } | undefined
  let round: Round | undefined
  let isOver = true
  let generation = 0
  let lastNowMs = 0
  let shownGeneration = 0
  let turn = 0

  function drop(): void {
    isOver = true
    for (const waiting of round?.waiting.values() ?? []) rewind(waiting, nextOf(waiting))
  }

  const waitingAt = (place: TopicPartition) => (isOver ? undefined : round?.waiting.get(keyOf(place)))
  const hold = () => round !== undefined && !isOver && holding.apply([...round.waiting.values()], round.consumer)

  function begin(joined: JoinedRound, { committed, extents, askedMs }: RoundStart): void {
    if (joining?.round !== joined) return
    const { consumer } = joining
    joining = undefined
    generation = Math.max(generation + 1, joined.generationId)
    const waiting = new Map(joined.assigned.map((place) => [keyOf(place), startOf(place, committed, extents)]))
    round = { joined, generation, waiting, consumer, begunMs: logClock.monotonic(), confirmedMs: askedMs, shown: false }
    isOver = false
    for (const { place, fetchNext } of waiting.values()) consumer.seek(place, fetchNext)
    holding.began([...waiting.values()])
    hold()
    wake()
  }

  function hasUnread(of: Round): boolean {
    return [...of.waiting.values()].some(
      (waiting) => waiting.fetchNext < waiting.end && !holding.isPaused(waiting.place),
    )
  }

  return {
    begin,
    joined(joined, consumer) {
      drop()
      joining = { round: joined, consumer }
      // Nothing is to be fetched before it is known where to begin.
      consumer.pause(joined.assigned)
      prepare(joined)
    },
    rebalancing: drop,
    lost() {
      drop()
      joining = undefined
    },
    fetched(batch) {
      const waiting = waitingAt(batch)
      if (waiting === undefined || round === undefined) return false
      const before = waiting.fetchNext
      const isRepeated = waiting.skipped
      const accepted = accept(waiting, batch)
      if (accepted !== 'taken') {
        round.consumer.seek(waiting.place, waiting.fetchNext)
        return false
      }
      if (isRepeated && Number(batch.fetchedOffset) > before) onTrimmed(waiting.place)
      hold()
      wake()
      return true
    },
    nothingUpTo(place, offset, end) {
      const waiting = waitingAt(place)
      if (waiting === undefined) return
      waiting.fetchNext = Math.max(waiting.fetchNext, offset + 1)
      waiting.end = Math.max(waiting.end, end)
    },
    refresh(extents, askedMs) {
      if (round === undefined || isOver || askedMs < round.confirmedMs) return true
      for (const { start, end, ...place } of extents) {
        const waiting = round.waiting.get(keyOf(place))
        if (waiting === undefined) continue
        if (end < waiting.askedNext) return false
        waiting.end = Math.max(waiting.end, end)
        if (start <= waiting.fetchNext) continue
        // Retention has overtaken this reader. kafkajs would meet it with a commit of its own.
        waiting.fetchNext = start
        round.consumer.seek(place, start)
        onTrimmed(waiting.place)
      }
      round.confirmedMs = askedMs
      return true
    },
    isNew() {
      if (round === undefined || round.shown || isOver) return false
      const isWaiting = [...round.waiting.values()].every(({ batches }) => batches.length === 0) && hasUnread(round)
      if (isWaiting && logClock.monotonic() - round.begunMs < longestUnshownMs) return false
      round.shown = true
      shownGeneration = round.generation
      return true
    },
    take({ maxRecords, maxBytes, paused }) {
      holding.pauseFor(paused ?? [])
      hold()
      if (round === undefined || isOver || !round.shown) return []
      const ready = [...round.waiting.values()].filter(
        ({ place, batches }) => batches.length > 0 && !holding.isPaused(place),
      )
      if (ready.length === 0) return []
      const first = turn++ % ready.length
      const taken = takeFairly([...ready.slice(first), ...ready.slice(0, first)], {
        records: maxRecords,
        bytes: maxBytes,
      })
      hold()
      return taken
    },
    polled(records) {
      for (const { logTimeMs } of records) lastNowMs = Math.max(lastNowMs, logTimeMs)
      // What is known of ends is as old as the answer that said so; a present beyond it would call read what nobody looked at.
      if (round?.shown) lastNowMs = Math.max(lastNowMs, logClock.at(round.confirmedMs))
      const waiting = round?.shown ? [...round.waiting.values()] : []
      return {
        generation: shownGeneration,
        assignment: waiting.map(({ place }) => place),
        records,
        positions: waiting.map((of) => ({ ...bare(of.place), next: nextOf(of), end: Math.max(of.end, nextOf(of)) })),
        logNowMs: lastNowMs,
      }
    },
    seek({ offset, ...place }) {
      const waiting = waitingAt(place)
      if (waiting === undefined || round === undefined)
        throw new Error(`${keyOf(place)} is not assigned to this member.`)
      if (!Number.isSafeInteger(offset) || offset < 0 || offset > waiting.end) {
        throw new RangeError(`Offset ${offset} is outside ${keyOf(place)}, which ends at ${waiting.end}.`)
      }
      rewind(waiting, offset)
      round.consumer.seek(place, offset)
      hold()
    },
    round(asked, places) {
      if (round === undefined || joining !== undefined || asked !== round.generation) return undefined
      return places.every((place) => round?.waiting.has(keyOf(place))) ? round.joined : undefined
    },
    asking() {
      if (round === undefined || isOver) return []
      for (const waiting of round.waiting.values()) waiting.askedNext = waiting.fetchNext
      return round.joined.assigned
    },
  }
}

const bare = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

/**
 * A committed offset outside of what the log holds is as good as lost: beyond its end it was committed against another log,
 * and before its start unread records have gone.
 */
function startOf(place: TopicPartition, committed: readonly PlacedOffset[], extents: readonly Extent[]): Waiting {
  const { start, end } = extents.find((extent) => keyOf(extent) === keyOf(place)) ?? { start: 0, end: 0 }
  const offset = committed.find((of) => keyOf(of) === keyOf(place))?.offset
  const valid = offset !== undefined && offset >= start && offset <= end ? offset : undefined
  return waitingFrom({ ...bare(place), committed: valid }, valid ?? start, end)
}
