import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { GivenUpError } from '#contracts/errors.ts'
import type { GroupOptions, Membership, Polled, PollLimits } from '#contracts/event-log.ts'
import { createWaitingRoom, type WaitingRoom } from '../waiting-room.ts'
import type { MakeClient } from './client.ts'
import type { ClusterQuestions } from './cluster.ts'
import { type JoinedRound, type LiveConsumer, startConsumer } from './consumer.ts'
import type { LogClock } from './log-clock.ts'
import { createPatience } from './patience.ts'
import type { ProducersTimes } from './producers-times.ts'
import { createReading, type Reading } from './reading.ts'
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

/** A member of a group, and how it stands. */
interface Member {
  readonly parts: MembershipParts
  readonly group: string
  readonly topics: readonly string[]
  readonly room: WaitingRoom
  readonly reading: Reading
  /** Ends every wait of what is under way. */
  readonly stopped: AbortController
  left: boolean
  consumer: LiveConsumer | undefined
  trouble: KafkaTrouble | 'joining' | undefined
  givenUp: GivenUpError | undefined
  polledMs: number
  /** The ends of idle partitions are being asked for, or were last. */
  isAsking: boolean
  askedMs: number
}

/** Join a group for as long as it takes: a broker or topic that is missing is waited for. `group` as the brokers know it. */
export function joinKafkaGroup(parts: MembershipParts, { group, topics }: GroupOptions): KafkaMembership {
  const { logClock, observer, producersTimes } = parts
  const room = createWaitingRoom()
  const reading = createReading({
    logClock,
    wake: room.wake,
    prepare: (round) => void prepare(member, round),
    onTrimmed: (place) => observer.trouble('records_trimmed', keyOf(place)),
    onProducersTime: producersTimes.met,
  })
  const member: Member = {
    ...{ parts, group, topics: [...new Set(topics)], room, reading, stopped: new AbortController() },
    ...{ left: false, consumer: undefined, trouble: 'joining', givenUp: undefined },
    ...{ polledMs: logClock.monotonic(), isAsking: false, askedMs: 0 },
  }
  const supervised = supervise(member)

  return {
    awaits: () => awaits(member),
    poll: (limits, signal) => poll(member, limits, signal),
    async commit(offsets, generation) {
      const round = isOver(member) ? undefined : reading.round(generation, offsets)
      if (round === undefined) return 'stale'
      if (offsets.length === 0) return 'committed'
      // In the name of the round in which the records were read: the broker itself refuses it if that has passed.
      return parts.cluster.commit({ groupId: group, ...round }, offsets)
    },
    seek: reading.seek,
    async leave() {
      if (member.left) return
      member.left = true
      member.stopped.abort()
      reading.lost()
      room.wake()
      // A broker that does not answer must not hold back the end of the process; it learns of this member's by its silence.
      await Promise.race([
        Promise.all([member.consumer?.stop(), supervised]),
        sleep(longestLeaveMs, undefined, { ref: false }),
      ])
    },
  }
}

const isOver = ({ left, parts }: Member): boolean => left || parts.isClosed()

const pause = ({ stopped }: Member, ms: number) =>
  sleep(ms, undefined, { signal: stopped.signal }).catch(() => undefined)

function report(member: Member, what: KafkaTrouble): void {
  member.trouble = what
  member.parts.observer.trouble(what, member.group)
}

/** One consumer after another, until the member leaves or is given up. */
async function supervise(member: Member): Promise<void> {
  const { parts, group, topics, room, reading } = member
  const { makeClient, names, sessionTimeoutMs, logClock } = parts
  const { monotonic } = logClock
  await nextTurn() // `reading` is told of nothing before it is there
  const patience = createPatience()
  while (!isOver(member)) {
    const startedMs = monotonic()
    const consumer = startConsumer(makeClient, { groupId: group, topics, names, sessionTimeoutMs, monotonic }, reading)
    member.consumer = consumer
    const what = await consumer.ended
    reading.lost()
    await consumer.stop()
    if (isOver(member)) return
    report(member, what)
    const next = patience.ended(what, monotonic() - startedMs)
    if (next === 'give_up') {
      member.givenUp = new GivenUpError(`Group '${group}' failed again and again: ${explain(what)}.`)
      return room.wake()
    }
    await pause(member, next.waitMs)
  }
}

/** Looks up how a round begins, for as long as it takes. */
async function prepare(member: Member, round: JoinedRound): Promise<void> {
  const { parts, group, reading } = member
  const { cluster, logClock } = parts
  const joinedBy = member.consumer
  while (!isOver(member) && member.consumer === joinedBy) {
    try {
      const askedMs = logClock.monotonic()
      const committed = round.assigned.length === 0 ? [] : await cluster.committed(group, round.assigned)
      const extents = await extentsOf(cluster, round.assigned)
      member.trouble = undefined
      return reading.begin(round, { committed, extents, askedMs })
    } catch (error) {
      report(member, troubleOf(error))
      await pause(member, 500)
    }
  }
}

/** Ends of idle partitions, which no batch tells. Not awaited: polls go on with what is known. */
async function refreshEnds(member: Member): Promise<void> {
  const { parts, reading, consumer } = member
  const { monotonic } = parts.logClock
  if (member.isAsking || monotonic() - member.askedMs < endsEveryMs) return
  const assigned = reading.asking()
  if (assigned.length === 0) return
  member.isAsking = true
  member.askedMs = monotonic()
  try {
    const isWhole = reading.refresh(await extentsOf(parts.cluster, assigned), member.askedMs)
    if (!isWhole) consumer?.abandon()
    member.trouble = undefined
  } catch (error) {
    report(member, troubleOf(error))
  } finally {
    member.isAsking = false
  }
}

async function extentsOf(cluster: ClusterQuestions, assigned: JoinedRound['assigned']) {
  const read = [...new Set(assigned.map(({ topic }) => topic))]
  return read.length === 0 ? [] : cluster.extents(read)
}

function awaits({ parts, group, trouble, givenUp, polledMs }: Member): string | undefined {
  if (givenUp !== undefined) return givenUp.message
  if (trouble === 'joining') return `Group '${group}' is joining.`
  if (trouble !== undefined) return `Group '${group}': ${explain(trouble)}.`
  const silentMs = parts.logClock.monotonic() - polledMs
  if (silentMs < longSilenceMs) return undefined
  return `Group '${group}' was not polled for ${Math.floor(silentMs / 60_000)} minutes: its store is down, or it hangs.`
}

async function poll(member: Member, limits: PollLimits, signal?: AbortSignal): Promise<Polled> {
  const { parts, group, room, reading } = member
  if (isOver(member)) throw new Error(`Group '${group}': polled after this member left or the log was closed.`)
  member.polledMs = parts.logClock.monotonic()
  // A reader with a backlog never waits; without this neither fetches nor timers would get their turn.
  await nextTurn()
  void refreshEnds(member)
  const visit = room.enter(limits.waitMs, signal)
  try {
    for (;;) {
      if (member.givenUp !== undefined) throw member.givenUp
      if (isOver(member)) return reading.polled([])
      const isNew = reading.isNew()
      const found = signal?.aborted ? [] : reading.take(limits)
      if (found.length > 0 || isNew || visit.isOver()) return reading.polled(found)
      await visit.wait()
    }
  } finally {
    visit.leave()
  }
}
