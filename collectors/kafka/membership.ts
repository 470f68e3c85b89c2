import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { GivenUpError } from '#contracts/errors.ts'
import type { GroupOptions, Membership } from '#contracts/event-log.ts'
import { createWaitingRoom } from '../waiting-room.ts'
import type { MakeClient } from './client.ts'
import type { ClusterQuestions } from './cluster.ts'
import { type JoinedRound, type LiveConsumer, startConsumer } from './consumer.ts'
import type { LogClock } from './log-clock.ts'
import { createPatience } from './patience.ts'
import type { ProducersTimes } from './producers-times.ts'
import { createReading } from './reading.ts'
import { keyOf } from './rounds.ts'
import type { TopicNames } from './topic-names.ts'
import { explain, type KafkaObserver, type KafkaTrouble, troubleOf } from './trouble.ts'

export interface MembershipParts {
  readonly makeClient: MakeClient
  /** By our names of topics, as everything here. */
  readonly cluster: ClusterQuestions
  readonly names: TopicNames
  readonly logClock: LogClock
  readonly observer: KafkaObserver
  readonly sessionTimeoutMs: number
  readonly isClosed: () => boolean
  readonly producersTimes: Pick<ProducersTimes, 'met'>
}

export interface KafkaMembership extends Membership {
  /** Why this member cannot read at present, for a person. Undefined: it reads. */
  awaits(): string | undefined
}

const endsEveryMs = 1_000
// A member that is still joining cannot leave before it has joined; a process has ten seconds for all of its end.
const longestLeaveMs = 4_000
// A poll that does not come for so long is worth a word: a store is down, or a pipeline hangs.
const longSilenceMs = 300_000

/** Join a group for as long as it takes: a broker or topic that is missing is waited for. `group` as the brokers know it. */
export function joinKafkaGroup(parts: MembershipParts, { group, topics }: GroupOptions): KafkaMembership {
  const { makeClient, cluster, names, logClock, observer, sessionTimeoutMs, isClosed, producersTimes } = parts
  const { monotonic } = logClock
  const room = createWaitingRoom()
  const subscribed = [...new Set(topics)]
  let left = false
  let consumer: LiveConsumer | undefined
  let trouble: KafkaTrouble | 'joining' | undefined = 'joining'
  let givenUp: GivenUpError | undefined
  let polledMs = monotonic()
  let isAsking = false
  let askedMs = 0
  const isOver = () => left || isClosed()
  const stopped = new AbortController()

  const reading = createReading({
    logClock,
    wake: room.wake,
    prepare: (round) => void prepare(round),
    onTrimmed: (place) => observer.trouble('records_trimmed', keyOf(place)),
    onProducersTime: producersTimes.met,
  })
  const supervised = supervise()

  async function prepare(round: JoinedRound): Promise<void> {
    const joinedBy = consumer
    while (!isOver() && consumer === joinedBy) {
      try {
        const asked = monotonic()
        const committed = round.assigned.length === 0 ? [] : await cluster.committed(group, round.assigned)
        const extents = await extentsOf(round)
        trouble = undefined
        return reading.begin(round, { committed, extents, askedMs: asked })
      } catch (error) {
        report(troubleOf(error))
        await pause(500)
      }
    }
  }

  const extentsOf = extentsBy(cluster)

  function report(what: KafkaTrouble): void {
    trouble = what
    observer.trouble(what, group)
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopped.signal }).catch(() => undefined)

  async function supervise(): Promise<void> {
    await nextTurn() // `reading` is told of nothing before it is there
    const patience = createPatience()
    while (!isOver()) {
      const startedMs = monotonic()
      consumer = startConsumer(
        makeClient,
        { groupId: group, topics: subscribed, names, sessionTimeoutMs, monotonic },
        reading,
      )
      const what = await consumer.ended
      reading.lost()
      await consumer.stop()
      if (isOver()) return
      report(what)
      const next = patience.ended(what, monotonic() - startedMs)
      if (next === 'give_up') {
        givenUp = new GivenUpError(`Group '${group}' failed again and again: ${explain(what)}.`)
        return room.wake()
      }
      await pause(next.waitMs)
    }
  }

  /** Ends of idle partitions, which no batch tells. Not awaited: polls go on with what is known. */
  async function refreshEnds(): Promise<void> {
    if (isAsking || monotonic() - askedMs < endsEveryMs) return
    const assigned = reading.asking()
    if (assigned.length === 0) return
    isAsking = true
    askedMs = monotonic()
    const asked = consumer
    try {
      const isWhole = reading.refresh(await extentsOf({ assigned }), askedMs)
      if (!isWhole) asked?.abandon()
      trouble = undefined
    } catch (error) {
      report(troubleOf(error))
    } finally {
      isAsking = false
    }
  }

  return {
    awaits() {
      if (givenUp !== undefined) return givenUp.message
      if (trouble === 'joining') return `Group '${group}' is joining.`
      if (trouble !== undefined) return `Group '${group}': ${explain(trouble)}.`
      const silentMs = monotonic() - polledMs
      if (silentMs < longSilenceMs) return undefined
      return `Group '${group}' was not polled for ${Math.floor(silentMs / 60_000)} minutes: its store is down, or it hangs.`
    },
    async poll(limits, signal) {
      if (isOver()) throw new Error(`Group '${group}': polled after this member left or the log was closed.`)
      polledMs = monotonic()
      // A reader with a backlog never waits; without this neither fetches nor timers would get their turn.
      await nextTurn()
      void refreshEnds()
      const visit = room.enter(limits.waitMs, signal)
      try {
        for (;;) {
          if (givenUp !== undefined) throw givenUp
          if (isOver()) return reading.polled([])
          const isNew = reading.isNew()
          const found = signal?.aborted ? [] : reading.take(limits)
          if (found.length > 0 || isNew || visit.isOver()) return reading.polled(found)
          await visit.wait()
        }
      } finally {
        visit.leave()
      }
    },
    async commit(offsets, generation) {
      const round = isOver() ? undefined : reading.round(generation, offsets)
      if (round === undefined) return 'stale'
      if (offsets.length === 0) return 'committed'
      // In the name of the round in which the records were read: the broker itself refuses it if that has passed.
      return cluster.commit({ groupId: group, ...round }, offsets)
    },
    seek: reading.seek,
    async leave() {
      if (left) return
      left = true
      stopped.abort()
      reading.lost()
      room.wake()
      // A broker that does not answer must not hold back the end of the process; it learns of this member's by its silence.
      await Promise.race([
        Promise.all([consumer?.stop(), supervised]),
        sleep(longestLeaveMs, undefined, { ref: false }),
      ])
    },
  }
}

const extentsBy = (cluster: ClusterQuestions) =>
  async function extentsOf({ assigned }: Pick<JoinedRound, 'assigned'>) {
    const read = [...new Set(assigned.map(({ topic }) => topic))]
    return read.length === 0 ? [] : cluster.extents(read)
  }
