import type { TraceRecompute } from '#contracts/batch-trace.ts'
import { LastingError } from '#contracts/errors.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { announcements, announcementsFor } from '../announce.ts'
import { pause } from '../pause.ts'
import { persist } from '../persist.ts'
import type { Backlog, Waiting } from './backlog.ts'
import { withinBudget } from './budget.ts'
import { type FailedCall, type RecomputeParts, recompute } from './recompute.ts'
import type { createSecondChances } from './second-chances.ts'
import type { createStandingClasses } from './standing-classes.ts'
import type { SummariesLimits, SummariesObserver } from './summaries.ts'
import type { createTroubles } from './troubles.ts'

export interface DealParts {
  /** On a connection of its own: lanes run side by side. */
  readonly recompute: RecomputeParts
  readonly log: Pick<EventLog, 'append'>
  readonly giveUp: (failed: readonly FailedCall[]) => Promise<void>
  readonly observer: SummariesObserver
  readonly trace?: TraceRecompute
  readonly limits: SummariesLimits
  readonly backlog: Backlog
  readonly troubles: ReturnType<typeof createTroubles>
  readonly chances: ReturnType<typeof createSecondChances>
  readonly standing: ReturnType<typeof createStandingClasses>
}

/** What one recompute is told beside its calls. */
export interface Shift {
  readonly owns: (shard: number) => boolean
  readonly logNowMs: number
  readonly signal: AbortSignal
}

/** All that a batch at work needs, and when its shift began, by the steady clock. */
interface AtWork extends DealParts, Shift {
  readonly startedAt: number
}

/**
 * Brings every call to an end: done, given back, or given up. Those that were given up before come last, each alone: the
 * others need not fail with them again.
 */
export async function dealWith(taken: readonly Waiting[], at: AtWork): Promise<void> {
  const suspects = taken.filter(({ change }) => at.troubles.isSuspect(change))
  const others = suspects.length === 0 ? taken : taken.filter(({ change }) => !at.troubles.isSuspect(change))
  if (others.length > 0) await work(others, at)
  for (const suspect of suspects) await work([suspect], at)
}

/** Recomputes what was taken; halves a batch that fails for good until the guilty call is alone. */
async function work(taken: readonly Waiting[], at: AtWork): Promise<void> {
  const { backlog, observer, log, troubles } = at
  const started = performance.now()
  try {
    const changes = taken.map(({ change }) => change)
    const bounded = withinBudget(at.recompute, at.limits.budgetMs, changes.length)
    const compute = () => recompute(changes, at.owns, at.logNowMs, bounded)
    const { rows, forward, again, failed } = await (at.trace?.(changes.length, compute) ?? compute())
    for (const [shard, ofShard] of forward) await log.append(announcementsFor(shard, ofShard))
    for (const { cause } of failed) observer.retry(cause)
    if (failed.length > 0) await at.giveUp(failed)
    if (again.length > 0) await log.append(announcements(again))
    // Before it is done: what has been announced of these calls meanwhile is judged by how they stand now.
    at.standing.note(rows)
    backlog.done(taken)
    troubles.forget(changes)
    at.chances.forget(changes)
    observer.recomputed(rows, (performance.now() - started) / 1_000)
    const shownMs = at.logNowMs + performance.now() - at.startedAt
    for (const { change, sinceMs } of taken)
      observer.shown(change.late === true ? 'late' : change.urgency, Math.max(0, shownMs - sinceMs) / 1_000)
  } catch (error) {
    await mend(error instanceof Error ? error : new Error('recompute failed'), taken, at)
  }
}

async function mend(cause: Error, taken: readonly Waiting[], at: AtWork): Promise<void> {
  const { backlog, troubles, observer, limits, signal } = at
  observer.retry(cause)
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
    return
  }
  if (taken.length === 1) {
    const failed = [{ change: only.change, cause }]
    troubles.suspect(only.change)
    await persist(() => at.giveUp(failed), { signal, onRetry: observer.retry, afterMs: limits.retryAfterMs })
    // The letter is there first: what is planned here goes with the process.
    if (!(cause instanceof LastingError)) at.chances.note(only.change, performance.now())
    backlog.done(taken)
    return
  }
  const middle = taken.length >> 1
  await work(taken.slice(0, middle), at)
  await work(taken.slice(middle), at)
}
