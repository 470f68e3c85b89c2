import { believedAheadMs } from '#contracts/clock.ts'
import type { LogRecord, Polled, PollLimits, Position, TopicPartition } from '#contracts/event-log.ts'
import { accept, nextOf, rewind, takeFairly, type Waiting } from './buffer.ts'
import type { Extent, PlacedOffset } from './cluster.ts'
import type { ConsumerListener, JoinedRound } from './consumer.ts'
import type { LogClock } from './log-clock.ts'
import { createRounds, keyOf, type Round, type RoundStart, type Rounds } from './rounds.ts'

export interface ReadingParts {
  readonly logClock: LogClock
  /** Look up how a round begins; `begin` is called with it. */
  readonly prepare: (round: JoinedRound) => void
  readonly wake: () => void
  readonly onTrimmed: (place: TopicPartition) => void
  /** Records of a topic carry their producers' times. */
  readonly onProducersTime: (topic: string) => void
}

/** What one member holds of its group's present round, fed by a consumer and emptied by polls. */
export interface Reading extends Feeding, Showing {}

/** The side of the consumer. */
interface Feeding extends ConsumerListener {
  /** The round that `prepare` was called with goes on, unless another has begun since. */
  begin(round: JoinedRound, start: RoundStart): void
  /** The assigned partitions, whose ends are about to be asked for. */
  asking(): readonly TopicPartition[]
  /** What the partitions held when `asking` was called. False: they hold less than was read from them, and the group has to be joined anew. */
  refresh(extents: readonly Extent[], askedMs: number): boolean
  /** The consumer is gone; what waits is dropped. */
  lost(): void
}

/** The side of the polls. */
interface Showing {
  /** A round's assignment can be shown: its first records are here, or it has none. True once per round. */
  isNew(): boolean
  take(limits: PollLimits): LogRecord[]
  polled(records: readonly LogRecord[]): Polled
  seek(position: PlacedOffset): void
  /** The round of a generation, if it is the last and holds these partitions. */
  round(generation: number, places: readonly TopicPartition[]): JoinedRound | undefined
}

export function createReading(parts: ReadingParts): Reading {
  const rounds = createRounds()
  return { ...feeding(rounds, parts), ...showing(rounds, parts) }
}

/** Notes that of a partition all between what was to be fetched next and what is left has gone. */
const trimming =
  (onTrimmed: ReadingParts['onTrimmed']) =>
  ({ trimmed }: Round, { place, fetchNext }: Waiting, left: number): void => {
    trimmed.push({ topic: place.topic, partition: place.partition, records: left - fetchNext })
    onTrimmed(place)
  }

function feeding(rounds: Rounds, { logClock, prepare, wake, onTrimmed }: ReadingParts): Feeding {
  const trimmed = trimming(onTrimmed)
  return {
    begin(joined, start) {
      if (!rounds.begin(joined, start, logClock.monotonic())) return
      for (const place of rounds.present()?.trimmed ?? []) onTrimmed(place)
      wake()
    },
    joined(joined, consumer) {
      rounds.join(joined, consumer)
      prepare(joined)
    },
    rebalancing: rounds.end,
    lost: rounds.lost,
    fetched(place, batch) {
      const round = rounds.present()
      const waiting = round?.waiting.get(keyOf(place))
      if (round === undefined || waiting === undefined) return false
      const before = { ...waiting }
      const isGap = waiting.skipped && Number(batch.fetchedOffset) > waiting.fetchNext
      if (accept(waiting, batch) !== 'taken') {
        round.consumer.seek(waiting.place, waiting.fetchNext)
        return false
      }
      if (isGap) trimmed(round, before, Number(batch.fetchedOffset))
      rounds.hold()
      wake()
      return true
    },
    nothingUpTo(place, offset, end) {
      const waiting = rounds.present()?.waiting.get(keyOf(place))
      if (waiting === undefined) return
      waiting.fetchNext = Math.max(waiting.fetchNext, offset + 1)
      waiting.end = Math.max(waiting.end, end)
    },
    asking() {
      const round = rounds.present()
      for (const waiting of round?.waiting.values() ?? []) waiting.askedNext = waiting.fetchNext
      return round?.joined.assigned ?? []
    },
    refresh(extents, askedMs) {
      const round = rounds.present()
      // Asked before this round began: of other partitions, or from elsewhere.
      if (round === undefined || askedMs < round.confirmedMs) return true
      for (const { start, end, ...place } of extents) {
        const waiting = round.waiting.get(keyOf(place))
        if (waiting === undefined) continue
        if (end < waiting.askedNext) return false
        waiting.end = Math.max(waiting.end, end)
        if (start <= waiting.fetchNext) continue
        // Retention has overtaken this reader.
        trimmed(round, waiting, start)
        waiting.fetchNext = start
        round.consumer.seek(place, start)
      }
      round.confirmedMs = askedMs
      return true
    },
  }
}

/** What the brokers' clock may be ahead of what is known of it: brokers differ, and answers take their way. */
const clockErrorMs = 60_000

// A round with unread records shows itself with the first of them, but does not wait for them for ever.
const longestUnshownMs = 2_000

function showing(rounds: Rounds, { logClock, onProducersTime }: ReadingParts): Showing {
  const { holding } = rounds
  let shownGeneration = 0
  let lastNowMs = 0
  let turn = 0

  return {
    isNew() {
      const round = rounds.present()
      if (round === undefined || round.shown || isFilling(round, rounds, logClock.monotonic())) return false
      round.shown = true
      shownGeneration = round.generation
      return true
    },
    take({ maxRecords, maxBytes, paused = [] }) {
      holding.pauseFor(paused)
      rounds.hold()
      const ready = [...(shownIn(rounds)?.waiting.values() ?? [])].filter(
        ({ place, batches }) => batches.length > 0 && !holding.isPaused(place),
      )
      if (ready.length === 0) return []
      const first = turn++ % ready.length
      const inTurn = [...ready.slice(first), ...ready.slice(0, first)]
      const latestMs = logClock.at(logClock.monotonic()) + clockErrorMs
      const taken = takeFairly(inTurn, { records: maxRecords, bytes: maxBytes }, latestMs)
      rounds.hold()
      for (const { topic, isProducersTime } of taken) if (isProducersTime) onProducersTime(topic)
      return taken
    },
    polled(records) {
      const round = rounds.last()?.shown ? rounds.last() : undefined
      // It never falls, but from a time that was never now: while a broker's clock was wrong.
      if (lastNowMs - logClock.at(logClock.monotonic()) > believedAheadMs) lastNowMs = 0
      for (const { logTimeMs } of records) lastNowMs = Math.max(lastNowMs, logTimeMs)
      // What is known of ends is as old as the answer that said so; a present beyond it would call read what nobody looked at.
      const endAsOfMs = round === undefined ? 0 : logClock.at(round.confirmedMs)
      lastNowMs = Math.max(lastNowMs, endAsOfMs)
      const waiting = [...(round?.waiting.values() ?? [])]
      return {
        generation: shownGeneration,
        assignment: waiting.map(({ place }) => place),
        records,
        positions: waiting.map((of) => positionOf(of, endAsOfMs)),
        logNowMs: lastNowMs,
        ...toldOnce(round),
      }
    },
    seek: (position) => seek(position, rounds),
    round(generation, places) {
      const round = rounds.last()
      if (round === undefined || rounds.isJoining() || generation !== round.generation) return undefined
      return places.every((place) => round.waiting.has(keyOf(place))) ? round.joined : undefined
    },
  }
}

/** The round that is read in now, once a poll has told of it. */
const shownIn = (rounds: Rounds) => (rounds.present()?.shown ? rounds.present() : undefined)

/** Its first records are on their way. */
function isFilling({ waiting, begunMs }: Round, { holding }: Rounds, nowMs: number): boolean {
  if (nowMs - begunMs > longestUnshownMs) return false
  const all = [...waiting.values()]
  if (all.some(({ batches }) => batches.length > 0)) return false
  return all.some(({ place, fetchNext, end }) => fetchNext < end && !holding.isPaused(place))
}

function seek({ offset, ...place }: PlacedOffset, rounds: Rounds): void {
  const waiting = rounds.last()?.waiting.get(keyOf(place))
  const round = shownIn(rounds)
  if (waiting === undefined && round !== undefined) throw new Error(`${keyOf(place)} is not assigned to this member.`)
  // Meant for a round that is over: the next begins at what is committed.
  if (waiting === undefined || round === undefined) return
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > waiting.end) {
    throw new RangeError(`Offset ${offset} is outside ${keyOf(place)}, which ends at ${waiting.end}.`)
  }
  rewind(waiting, offset)
  round.consumer.seek(place, offset)
  rounds.hold()
}

function positionOf(of: Waiting, endAsOfMs: number): Position {
  const { topic, partition } = of.place
  return { topic, partition, next: nextOf(of), end: Math.max(of.end, nextOf(of)), endAsOfMs }
}

function toldOnce(round: Round | undefined): Pick<Polled, 'trimmed'> {
  const trimmed = round?.trimmed.splice(0) ?? []
  return trimmed.length === 0 ? {} : { trimmed }
}
