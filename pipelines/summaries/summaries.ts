import type { TraceRecompute } from '#contracts/batch-trace.ts'
import type { Change, Urgency } from '#contracts/changes.ts'
import { isUnavailable } from '#contracts/errors.ts'
import type { EventLog, Membership, Polled } from '#contracts/event-log.ts'
import type { CensusProgress } from '#contracts/registry.ts'
import type { CallRow, DueReader, MemberKey } from '#contracts/summaries.ts'
import { topicNames } from '#contracts/topics.ts'
import type { Parked } from '../batch.ts'
import { attempt, type Persistence, persist } from '../persist.ts'
import type { Pipeline, PipelineParts } from '../pipeline.ts'
import { watermarksOf } from '../watermarks.ts'
import { type Backlog, createBacklog } from './backlog.ts'
import { type Census, createCounting } from './counting.ts'
import { createLane } from './lane.ts'
import { readAnnouncements } from './read-announcements.ts'
import type { FailedCall, RecomputeParts } from './recompute.ts'
import { createSecondChances } from './second-chances.ts'
import { createStandingClasses } from './standing-classes.ts'
import { createTroubles } from './troubles.ts'

export interface SummariesObserver {
  recomputed(rows: readonly CallRow[], seconds: number): void
  /** A poll has come back, and this is what waits. */
  backlog(size: number, oldestAgeMs: number, polled: Polled): void
  /** A change is in its record, so long after it was announced, by the log's time; late: it was read late. */
  shown(urgency: Urgency | 'late', seconds: number): void
  retry(cause: Error): void
}

export interface SummariesParts extends RecomputeParts {
  readonly log: EventLog
  readonly due: DueReader
  /** Everything that raw holds of some shards, as changes: for a group whose offsets are lost. */
  readonly census: Census
  readonly censusProgress: CensusProgress
  /** The same on another connection, for the lane of running figures: temporary tables are the connection's. */
  readonly beside: RecomputeParts
  /** Builds the dead letters of announcements that cannot be read. */
  readonly deadLetter: PipelineParts['deadLetter']
  /** Dead letters of calls that cannot be folded; the record says `not_computed`. */
  readonly giveUp: (failed: readonly FailedCall[]) => Promise<void>
  /**
   * Reads again what bulk recomputes are about (profiles), as of now. Whoever announces them has stored it before, and is
   * another process: what was known a minute ago would judge all of it by what was to be replaced, and nobody again.
   */
  readonly beforeBulk?: () => Promise<void>
  readonly observer: SummariesObserver
  readonly trace?: TraceRecompute
  readonly pace?: Partial<SummariesLimits>
}

export interface Summaries extends Pipeline {
  /** Calls of this shard are computed here now. */
  owns(shard: number): boolean
  /** All that raw holds of some shards is being announced again. */
  isCounting(): boolean
}

export interface SummariesLimits {
  /** Running figures of open calls may be put off this long. */
  readonly runningDelayMs: number
  readonly callsPerRecompute: number
  /** Calls of a batch that presses: few enough to be shown within a second or two. */
  readonly callsPerPressing: number
  /** A recompute costs a dozen queries however few calls it is for: small ones start no more often than this. */
  readonly cycleMs: number
  /** No more is read while what waits holds this much memory: the backlog's bytes are bounded, not its length in the log. */
  readonly maxWaitingBytes: number
  /** Bulk recomputes are read only while fewer calls wait whose time has come. */
  readonly bulkBelow: number
  readonly dueEveryMs: number
  readonly retryAfterMs: number
  /** A call that takes longer to recompute is given up, so that its shard goes on. */
  readonly budgetMs: number
  /** A call given up for what may pass with time is announced again so long after, each time that it is given up. */
  readonly secondChancesMs: readonly number[]
}

export const defaultSummariesLimits: SummariesLimits = {
  runningDelayMs: 17_000,
  callsPerRecompute: 8_000,
  callsPerPressing: 2_000,
  cycleMs: 1_500,
  // Some half a million calls: more than one process computes in minutes.
  maxWaitingBytes: 256 * 1024 * 1024,
  bulkBelow: 2_000,
  dueEveryMs: 5_000,
  retryAfterMs: 500,
  budgetMs: 60_000,
  secondChancesMs: [60_000, 5 * 60_000, 30 * 60_000],
}

/** Clocks of two brokers differ by less than this. */
const clocksApartMs = 5_000

const live = topicNames.callChanges
const bulk = topicNames.callChangesBulk
/** Two accounts of offsets in one backlog: bulk partitions are numbered after the live ones. */
const bulkBase = 1_000

/**
 * call-changes -> coalesce -> recompute whole -> forward -> commit. Owner of the shards whose partitions it is assigned.
 * Two lanes, so that an ended call does not wait for thousands of open ones: one takes what presses, in small batches, the
 * other running figures. Where both compute one call, the protocol of two owners holds between them as between processes.
 */
export function createSummaries(parts: SummariesParts): Summaries {
  const limits = { ...defaultSummariesLimits, ...parts.pace }
  const standing = createStandingClasses()
  const backlog = createBacklog({ runningDelayMs: limits.runningDelayMs, standing: standing.of })
  const chances = createSecondChances(limits.secondChancesMs)
  const shared = { ...parts, limits, backlog, standing, chances, troubles: createTroubles() }
  const { cycleMs } = limits
  const pressing = createLane({ ...shared, recompute: parts, batch: limits.callsPerPressing, cycleMs })
  const running = createLane({
    ...{ ...shared, recompute: parts.beside, batch: limits.callsPerRecompute },
    // The first lane takes what is ripe as well; where that is enough, a second would only cost its dozen queries.
    cycleMs: 3 * cycleMs,
  })
  const readAgain = readingAgain(parts)
  const settled = async (): Promise<void> => {
    await Promise.all([pressing.settled(), running.settled()])
  }
  let idle = false
  let ownsNow: Summaries['owns'] = () => false
  let countsNow = () => false

  function startLanes({ logNowMs }: Polled, owns: (shard: number) => boolean, signal: AbortSignal): void {
    const shift = { owns, logNowMs, signal }
    if (pressing.isFree()) pressing.start(backlog.take(logNowMs, limits.callsPerPressing), shift)
    if (running.isFree()) running.start(backlog.takeRipe(logNowMs, limits.callsPerRecompute), shift)
  }

  return {
    name: 'summaries',
    idle: () => idle,
    owns: (shard) => ownsNow(shard),
    isCounting: () => countsNow(),
    async run(signal) {
      const membership = await parts.log.join({ group: 'summaries', topics: [live, bulk] })
      const persistence = { signal, onRetry: parts.observer.retry, afterMs: limits.retryAfterMs }
      const shift = createShift({ ...parts, limits, backlog, membership, persistence })
      ownsNow = shift.owns
      countsNow = shift.isCounting
      try {
        while (!signal.aborted) {
          const waitMs = backlog.size > 0 ? 50 : 300
          const reading = { maxRecords: 2_000, maxBytes: 8 * 1024 * 1024, waitMs, paused: shift.paused() }
          const polled = await persist(() => membership.poll(reading, signal), persistence)
          // What is at work belongs to the assignment before: its announcements must not be counted with those read anew.
          if (shift.isNew(polled)) await settled()
          shift.reassign(polled)
          if (parts.beforeBulk !== undefined && shift.isBulkNews(polled)) await persist(readAgain, persistence)
          const parked = shift.take(polled)
          if (parked.length > 0)
            await persist(() => parts.log.append(parts.deadLetter('summaries', parked)), persistence)
          await attempt(() => shift.addDue(polled), parts.observer.retry)
          await attempt(() => chances.announce(parts.log, performance.now()), parts.observer.retry)
          startLanes(polled, shift.owns, signal)
          await persist(() => shift.commit(polled), persistence)
          parts.observer.backlog(backlog.size, polled.logNowMs - (backlog.oldestMs() ?? polled.logNowMs), polled)
          idle = backlog.size === 0 && !shift.isCounting() && polled.positions.every(({ next, end }) => next >= end)
        }
      } finally {
        await Promise.allSettled([pressing.settled(), running.settled(), shift.stop()])
        ownsNow = () => false
        await membership.leave()
      }
    },
  }
}

/** A registry that is away is waited for; what it holds and nobody here can read stops no shard. */
const readingAgain =
  ({ beforeBulk, observer }: Pick<SummariesParts, 'beforeBulk' | 'observer'>) =>
  async (): Promise<void> => {
    await beforeBulk?.().catch((error: unknown) => {
      if (isUnavailable(error)) throw error
      observer.retry(error instanceof Error ? error : new Error('failed'))
    })
  }

interface ShiftParts extends Pick<SummariesParts, 'log' | 'census' | 'censusProgress' | 'watermarks' | 'due'> {
  readonly limits: SummariesLimits
  readonly backlog: Backlog
  readonly membership: Membership
  readonly persistence: Persistence
}

/** One member's dealings with its assignment: what it reads, when it looks for due records, what it commits. */
function createShift(parts: ShiftParts) {
  const { limits, backlog, membership } = parts
  const counting = createCounting({ ...parts, progress: parts.censusProgress }, parts.persistence)
  /** Where reading of shards began that have lost their offsets. */
  const starts = new Map<number, number>()
  let generation = -1
  let shards = new Set<number>()
  let dueAtMs = 0
  let bulkSeenMs = 0
  const committed = new Map<number, number>()
  const owns = (shard: number): boolean => shards.has(shard)

  const isNew = (polled: Polled): boolean => polled.generation !== generation

  function reassign(polled: Polled): void {
    if (!isNew(polled)) return
    dueAtMs = 0
    const mine = polled.assignment.filter(({ topic }) => topic === live)
    const kept = new Set(mine.map(({ partition }) => partition))
    for (const shard of shards) {
      if (kept.has(shard)) continue
      backlog.forget(shard)
      backlog.forget(bulkBase + shard)
    }
    shards = kept
    generation = polled.generation
    const lost = mine.filter((assigned) => assigned.committed === undefined).map(({ partition }) => partition)
    starts.clear()
    for (const shard of lost) {
      starts.set(shard, startOf(polled, shard))
      committed.delete(shard)
    }
    counting.begin(lost)
  }

  async function addDue(polled: Polled): Promise<void> {
    if (polled.logNowMs < dueAtMs || shards.size === 0) return
    dueAtMs = polled.logNowMs + limits.dueEveryMs
    const watermarks = watermarksOf(await parts.watermarks.read())
    for (const member of await parts.due.due([...shards], watermarks, limits.callsPerRecompute))
      backlog.addDue(changeByItself(member), polled.logNowMs)
  }

  return {
    owns,
    paused() {
      const full = backlog.bytes >= limits.maxWaitingBytes
      const topics = full ? [live, bulk] : backlog.overdue >= limits.bulkBelow ? [bulk] : []
      return topics.flatMap((topic) => [...shards].map((partition) => ({ topic, partition })))
    },
    isNew,
    /** Bulk announcements have come that may be younger than all that came before. */
    isBulkNews({ records }: Polled): boolean {
      const times = records.flatMap(({ topic, logTimeMs }) => (topic === bulk ? [logTimeMs] : []))
      const isNews = times.some((at) => at > bulkSeenMs - clocksApartMs)
      for (const at of times) bulkSeenMs = Math.max(bulkSeenMs, at)
      return isNews
    },
    isCounting: counting.isBusy,
    stop: counting.stop,
    reassign,
    addDue,
    /** Returns what could not be read. */
    take(polled: Polled): readonly Parked[] {
      const parked: Parked[] = []
      for (const record of polled.records) {
        const { topic, partition, offset, logTimeMs } = record
        const { changes, refused } = readAnnouncements(record)
        if (refused !== undefined) parked.push({ record, ...refused })
        // What is recomputed in bulk is urgent to nobody, and put off by nobody: it must not stand before the end of a call.
        if (topic === bulk)
          backlog.add(bulkBase + partition, offset, logTimeMs - limits.runningDelayMs, changes.map(unhurried))
        else backlog.add(partition, offset, logTimeMs, changes)
      }
      return parked
    },
    async commit(polled: Polled) {
      // A shard of which nothing was read since it was counted is committed where it begins: its loss is made good.
      const offsets = [...new Map([...starts, ...backlog.committable()])].filter(
        ([account, offset]) => committed.get(account) !== offset && !counting.holds(account),
      )
      if (offsets.length === 0) return
      const answer = await membership.commit(offsets.map(placeOf), polled.generation)
      if (answer !== 'committed') return
      for (const [account, offset] of offsets) {
        committed.set(account, offset)
        starts.delete(account)
      }
    },
  }
}

/** The partition of an account of offsets. */
const placeOf = ([account, offset]: readonly [account: number, offset: number]) =>
  account >= bulkBase
    ? { topic: bulk, partition: account - bulkBase, offset }
    : { topic: live, partition: account, offset }

const changeByItself = ({ tenant, id }: MemberKey): Change => ({
  ...{ tenant, id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})

const unhurried = (change: Change): Change => ({ ...change, urgency: 'running', worst: 0 })

const startOf = (polled: Polled, partition: number): number =>
  polled.records.find((record) => record.topic === live && record.partition === partition)?.offset ??
  polled.positions.find((position) => position.topic === live && position.partition === partition)?.next ??
  0
