import type { Change } from '#contracts/changes.ts'
import { LastingError } from '#contracts/errors.ts'
import type { AssignedPartition, EventLog, Membership, Polled } from '#contracts/event-log.ts'
import type { CallRow, DueReader } from '#contracts/summaries.ts'
import { topicNames } from '#contracts/topics.ts'
import { announcements, announcementsFor } from '../announce.ts'
import { pause } from '../pause.ts'
import { attempt, persist } from '../persist.ts'
import type { Pipeline } from '../pipeline.ts'
import { watermarksOf } from '../watermarks.ts'
import { type Backlog, createBacklog, type Waiting } from './backlog.ts'
import { withinBudget } from './budget.ts'
import { readAnnouncements } from './read-announcements.ts'
import { type FailedCall, type RecomputeParts, recompute } from './recompute.ts'
import { createStandingClasses } from './standing-classes.ts'
import { createTroubles } from './troubles.ts'

export interface SummariesObserver {
  recomputed(rows: readonly CallRow[], seconds: number): void
  backlog(size: number, oldestAgeMs: number): void
  retry(cause: Error): void
}

export interface SummariesParts extends RecomputeParts {
  readonly log: EventLog
  readonly due: DueReader
  /** Everything that raw holds of some shards, as changes: for a group whose offsets are lost. */
  readonly census: (owns: (shard: number) => boolean) => AsyncIterable<readonly Change[]>
  /** Dead letters of calls that cannot be folded; the record says `not_computed`. */
  readonly giveUp: (failed: readonly FailedCall[]) => Promise<void>
  readonly observer: SummariesObserver
  readonly pace?: Partial<SummariesLimits>
}

export interface SummariesLimits {
  /** Running figures of open calls may be put off this long. */
  readonly runningDelayMs: number
  readonly callsPerRecompute: number
  /** A recompute costs a dozen queries however few calls it is for: small ones start no more often than this. */
  readonly cycleMs: number
  /** No more is read while this many calls and announcements wait: the backlog's memory is bounded, not its length in the log. */
  readonly maxWaiting: number
  /** Bulk recomputes are read only while fewer calls wait. */
  readonly bulkBelow: number
  readonly dueEveryMs: number
  readonly retryAfterMs: number
  /** A call that takes longer to recompute is given up, so that its shard goes on. */
  readonly budgetMs: number
}

export const defaultSummariesLimits: SummariesLimits = {
  runningDelayMs: 15_000,
  callsPerRecompute: 4_000,
  cycleMs: 1_500,
  maxWaiting: 2_000_000,
  bulkBelow: 2_000,
  dueEveryMs: 5_000,
  retryAfterMs: 500,
  budgetMs: 60_000,
}

type WorkArguments = readonly [owns: (shard: number) => boolean, logNowMs: number, signal: AbortSignal]

const live = topicNames.callChanges
const bulk = topicNames.callChangesBulk
/** Two accounts of offsets in one backlog: bulk partitions are numbered after the live ones. */
const bulkBase = 1_000

/** call-changes -> coalesce -> recompute whole -> forward -> commit. Owner of the shards whose partitions it is assigned. */
export function createSummaries(parts: SummariesParts): Pipeline {
  const limits = { ...defaultSummariesLimits, ...parts.pace }
  const standing = createStandingClasses()
  const backlog = createBacklog({ runningDelayMs: limits.runningDelayMs, standingClass: standing.of })
  const troubles = createTroubles()
  let idle = false

  return {
    name: 'summaries',
    idle: () => idle,
    async run(signal) {
      const membership = await parts.log.join({ group: 'summaries', topics: [live, bulk] })
      const shift = createShift(parts, limits, backlog, membership)
      const persistence = { signal, onRetry: parts.observer.retry, afterMs: limits.retryAfterMs }
      try {
        while (!signal.aborted) {
          const started = performance.now()
          const busy = backlog.size > 0
          const reading = {
            maxRecords: 2_000,
            maxBytes: 8 * 1024 * 1024,
            waitMs: busy ? 50 : 300,
            paused: shift.paused(),
          }
          const polled = await persist(() => membership.poll(reading, signal), persistence)
          await persist(() => shift.reassign(polled), persistence)
          shift.take(polled)
          await attempt(() => shift.addDue(polled), parts.observer.retry)
          const taken = backlog.take(polled.logNowMs, limits.callsPerRecompute)
          if (taken.length > 0) standing.note(await workApart(taken, shift.owns, polled.logNowMs, signal))
          await persist(() => shift.commit(polled), persistence)
          parts.observer.backlog(backlog.size, polled.logNowMs - (backlog.oldestMs() ?? polled.logNowMs))
          if (taken.length > 0 && taken.length < limits.callsPerRecompute) {
            await pause(limits.cycleMs - (performance.now() - started), signal)
          }
          idle = backlog.size === 0 && polled.positions.every(({ next, end }) => next >= end)
        }
      } finally {
        await membership.leave()
      }
    },
  }

  /** Those that were given up before come last, each alone: the others need not fail with them again. */
  async function workApart(taken: readonly Waiting[], ...rest: WorkArguments): Promise<readonly CallRow[]> {
    const suspects = taken.filter(({ change }) => troubles.isSuspect(change))
    const others = suspects.length === 0 ? taken : taken.filter(({ change }) => !troubles.isSuspect(change))
    const rows = others.length === 0 ? [] : [...(await work(others, ...rest))]
    for (const suspect of suspects) rows.push(...(await work([suspect], ...rest)))
    return rows
  }

  /** Recomputes what was taken; halves a batch that fails for good until the guilty call is alone. */
  async function work(
    taken: readonly Waiting[],
    owns: (shard: number) => boolean,
    logNowMs: number,
    signal: AbortSignal,
  ): Promise<readonly CallRow[]> {
    const started = performance.now()
    try {
      const changes = taken.map(({ change }) => change)
      const bounded = withinBudget(parts, limits.budgetMs, changes.length)
      const { rows, forward, again, failed } = await recompute(changes, owns, logNowMs, bounded)
      for (const [shard, ofShard] of forward) await parts.log.append(announcementsFor(shard, ofShard))
      for (const { cause } of failed) parts.observer.retry(cause)
      if (failed.length > 0) await parts.giveUp(failed)
      if (again.length > 0) await parts.log.append(announcements(again))
      backlog.done(taken)
      troubles.forget(changes)
      parts.observer.recomputed(rows, (performance.now() - started) / 1_000)
      return rows
    } catch (error) {
      return mend(error instanceof Error ? error : new Error('recompute failed'), taken, owns, logNowMs, signal)
    }
  }

  async function mend(
    cause: Error,
    taken: readonly Waiting[],
    owns: (shard: number) => boolean,
    logNowMs: number,
    signal: AbortSignal,
  ): Promise<readonly CallRow[]> {
    parts.observer.retry(cause)
    const [only] = taken
    const hopeless =
      cause instanceof LastingError ||
      troubles.isHopeless(
        taken.map(({ change }) => change),
        cause,
      )
    if (!hopeless || only === undefined) {
      backlog.giveBack(taken)
      await pause(limits.retryAfterMs, signal)
      return []
    }
    if (taken.length === 1) {
      const failed = [{ change: only.change, cause }]
      troubles.suspect(only.change)
      await persist(() => parts.giveUp(failed), { signal, onRetry: parts.observer.retry, afterMs: limits.retryAfterMs })
      backlog.done(taken)
      return []
    }
    const middle = taken.length >> 1
    const first = await work(taken.slice(0, middle), owns, logNowMs, signal)
    return [...first, ...(await work(taken.slice(middle), owns, logNowMs, signal))]
  }
}

/** One member's dealings with its assignment: what it reads, when it looks for due records, what it commits. */
function createShift(parts: SummariesParts, limits: SummariesLimits, backlog: Backlog, membership: Membership) {
  let generation = -1
  let shards = new Set<number>()
  let dueAtMs = 0
  const committed = new Map<number, number>()
  const owns = (shard: number): boolean => shards.has(shard)

  async function reassign(polled: Polled): Promise<void> {
    if (polled.generation === generation) return
    dueAtMs = 0
    const mine = polled.assignment.filter(({ topic }) => topic === live)
    const kept = new Set(mine.map(({ partition }) => partition))
    for (const shard of shards) {
      if (kept.has(shard)) continue
      backlog.forget(shard)
      backlog.forget(bulkBase + shard)
    }
    shards = kept
    await announceLost(polled, mine)
    generation = polled.generation
  }

  /** A group that has lost its offsets announces everything raw holds of its shards, in bulk. */
  async function announceLost(polled: Polled, mine: readonly AssignedPartition[]): Promise<void> {
    const lost = mine.filter((assigned) => assigned.committed === undefined)
    if (lost.length === 0) return
    const missing = new Set(lost.map(({ partition }) => partition))
    for await (const changes of parts.census((shard) => missing.has(shard))) {
      await parts.log.append(announcements(changes, bulk))
    }
    await membership.commit(
      lost.map(({ topic, partition }) => ({ topic, partition, offset: startOf(polled, partition) })),
      polled.generation,
    )
  }

  async function addDue(polled: Polled): Promise<void> {
    if (polled.logNowMs < dueAtMs || shards.size === 0) return
    dueAtMs = polled.logNowMs + limits.dueEveryMs
    const watermarks = watermarksOf(await parts.watermarks.read())
    for (const { tenant, id } of await parts.due.due([...shards], watermarks, limits.callsPerRecompute)) {
      backlog.addDue(
        { tenant, id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
        polled.logNowMs,
      )
    }
  }

  return {
    owns,
    paused() {
      const full = backlog.weight >= limits.maxWaiting
      const topics = full ? [live, bulk] : backlog.size >= limits.bulkBelow ? [bulk] : []
      return topics.flatMap((topic) => [...shards].map((partition) => ({ topic, partition })))
    },
    reassign,
    addDue,
    take(polled: Polled) {
      for (const record of polled.records) {
        const { topic, partition, offset, logTimeMs } = record
        backlog.add(topic === bulk ? bulkBase + partition : partition, offset, logTimeMs, readAnnouncements(record))
      }
    },
    async commit(polled: Polled) {
      const offsets = [...backlog.committable()].filter(([account, offset]) => committed.get(account) !== offset)
      if (offsets.length === 0) return
      const named = offsets.map(([account, offset]) =>
        account >= bulkBase
          ? { topic: bulk, partition: account - bulkBase, offset }
          : { topic: live, partition: account, offset },
      )
      const answer = await membership.commit(named, polled.generation)
      if (answer === 'committed') for (const [account, offset] of offsets) committed.set(account, offset)
    },
  }
}

const startOf = (polled: Polled, partition: number): number =>
  polled.records.find((record) => record.topic === live && record.partition === partition)?.offset ??
  polled.positions.find((position) => position.topic === live && position.partition === partition)?.next ??
  0
