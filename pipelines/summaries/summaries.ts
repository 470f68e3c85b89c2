import type { TraceRecompute } from '#contracts/batch-trace.ts'
import type { Urgency } from '#contracts/changes.ts'
import { isUnavailable } from '#contracts/errors.ts'
import type { EventLog, Polled } from '#contracts/event-log.ts'
import type { CensusProgress } from '#contracts/registry.ts'
import type { CallRow, DueReader } from '#contracts/summaries.ts'
import { attempt, persist } from '../persist.ts'
import type { Pipeline, PipelineParts } from '../pipeline.ts'
import { createBacklog } from './backlog.ts'
import { bulk, live } from './change-topics.ts'
import type { Census } from './counting.ts'
import { createHolding } from './holding.ts'
import { createLanes } from './lane.ts'
import { createProgress } from './progress.ts'
import type { FailedCall, RecomputeParts } from './recompute.ts'
import { createSecondChances } from './second-chances.ts'
import { createStandingClasses } from './standing-classes.ts'
import { createTroubles } from './troubles.ts'
import type { Overdue } from './waiting-calls.ts'

export interface SummariesObserver {
  recomputed(rows: readonly CallRow[], seconds: number): void
  /** A poll has come back, and this is what waits. */
  backlog(size: number, oldestAgeMs: number, polled: Polled): void
  /** For so long no call has come to its end, milliseconds, though so many have waited; 0: calls are computed, or none waits. */
  stalled?(forMs: number, waiting: number): void
  /** Calls that wait although their time has come, by tenant. */
  overdue?(byTenant: ReadonlyMap<string, Overdue>): void
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

/**
 * call-changes -> coalesce -> recompute whole -> forward -> commit. Owner of the shards whose partitions it is assigned.
 */
export function createSummaries(parts: SummariesParts): Summaries {
  const limits = { ...defaultSummariesLimits, ...parts.pace }
  const standing = createStandingClasses()
  const backlog = createBacklog({ runningDelayMs: limits.runningDelayMs, standing: standing.of })
  const chances = createSecondChances(limits.secondChancesMs)
  const progress = createProgress(() => performance.now())
  const shared = { ...parts, limits, backlog, standing, chances, progress, troubles: createTroubles() }
  const lanes = createLanes({ ...shared, recompute: parts })
  const readAgain = readingAgain(parts)
  let idle = false
  let ownsNow: Summaries['owns'] = () => false
  let countsNow = () => false

  return {
    name: 'summaries',
    idle: () => idle,
    owns: (shard) => ownsNow(shard),
    isCounting: () => countsNow(),
    async run(signal) {
      const membership = await parts.log.join({ group: 'summaries', topics: [live, bulk] })
      const persistence = { signal, onRetry: parts.observer.retry, afterMs: limits.retryAfterMs }
      const holding = createHolding({ ...shared, membership, persistence })
      ownsNow = holding.owns
      countsNow = holding.isCounting
      try {
        while (!signal.aborted) {
          const waitMs = backlog.size > 0 ? 50 : 300
          const reading = { maxRecords: 2_000, maxBytes: 8 * 1024 * 1024, waitMs, paused: holding.paused() }
          const polled = await persist(() => membership.poll(reading, signal), persistence)
          // What is at work belongs to the assignment before: its announcements must not be counted with those read anew.
          if (holding.isNew(polled)) await lanes.settled()
          holding.reassign(polled)
          if (parts.beforeBulk !== undefined && holding.isBulkNews(polled)) await persist(readAgain, persistence)
          const parked = holding.take(polled)
          if (parked.length > 0)
            await persist(() => parts.log.append(parts.deadLetter('summaries', parked)), persistence)
          await attempt(() => holding.addDue(polled), parts.observer.retry)
          await attempt(() => chances.announce(parts.log, performance.now()), parts.observer.retry)
          lanes.start({ owns: holding.owns, logNowMs: polled.logNowMs, signal })
          await persist(() => holding.commit(polled), persistence)
          const oldestAgeMs = polled.logNowMs - (backlog.oldestMs() ?? polled.logNowMs)
          parts.observer.overdue?.(backlog.overdueByTenant(polled.logNowMs))
          parts.observer.backlog(backlog.size, oldestAgeMs, polled)
          parts.observer.stalled?.(progress.look(backlog.size, oldestAgeMs), backlog.size)
          idle = backlog.size === 0 && !holding.isCounting() && polled.positions.every(({ next, end }) => next >= end)
        }
      } finally {
        await Promise.allSettled([lanes.settled(), holding.stop()])
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
