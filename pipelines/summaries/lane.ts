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

export interface LaneParts {
  /** Calls of a full batch; after a smaller one the lane rests, so that more come together. */
  readonly batch: number
  /** From the start of a smaller batch until the next. */
  readonly cycleMs: number
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

/** A shift at work, and when it began, by the steady clock. */
interface Turn extends Shift {
  readonly startedAt: number
}

/** Recomputes one batch of calls at a time, beside what other lanes do. */
export interface Lane {
  /** Neither at work nor resting after a small batch. Throws what has stopped it for good. */
  isFree(): boolean
  /** Begins with these calls, all of which it owes an end: done, given back, or given up. Only when free. */
  start(taken: readonly Waiting[], shift: Shift): void
  /** Waits for the end of what is at work. Throws what has stopped it for good. */
  settled(): Promise<void>
}

export function createLane(parts: LaneParts): Lane {
  const { limits, backlog, troubles, observer } = parts
  let working: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let restsUntil = 0

  async function run(taken: readonly Waiting[], shift: Shift): Promise<void> {
    const started = performance.now()
    await workApart(taken, { ...shift, startedAt: started })
    if (taken.length < parts.batch) restsUntil = started + parts.cycleMs
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error
  }

  return {
    isFree() {
      throwFailure()
      return working === undefined && performance.now() >= restsUntil
    },
    start(taken, shift) {
      if (taken.length === 0) return
      working = run(taken, shift)
        .catch((error: unknown) => {
          failure = { error }
        })
        .finally(() => {
          working = undefined
        })
    },
    async settled() {
      await working
      throwFailure()
    },
  }

  /** Those that were given up before come last, each alone: the others need not fail with them again. */
  async function workApart(taken: readonly Waiting[], shift: Turn): Promise<void> {
    const suspects = taken.filter(({ change }) => troubles.isSuspect(change))
    const others = suspects.length === 0 ? taken : taken.filter(({ change }) => !troubles.isSuspect(change))
    if (others.length > 0) await work(others, shift)
    for (const suspect of suspects) await work([suspect], shift)
  }

  /** Recomputes what was taken; halves a batch that fails for good until the guilty call is alone. */
  async function work(taken: readonly Waiting[], shift: Turn): Promise<void> {
    const started = performance.now()
    try {
      const changes = taken.map(({ change }) => change)
      const bounded = withinBudget(parts.recompute, limits.budgetMs, changes.length)
      const compute = () => recompute(changes, shift.owns, shift.logNowMs, bounded)
      const { rows, forward, again, failed } = await (parts.trace?.(changes.length, compute) ?? compute())
      for (const [shard, ofShard] of forward) await parts.log.append(announcementsFor(shard, ofShard))
      for (const { cause } of failed) observer.retry(cause)
      if (failed.length > 0) await parts.giveUp(failed)
      if (again.length > 0) await parts.log.append(announcements(again))
      // Before it is done: what has been announced of these calls meanwhile is judged by how they stand now.
      parts.standing.note(rows)
      backlog.done(taken)
      troubles.forget(changes)
      parts.chances.forget(changes)
      observer.recomputed(rows, (performance.now() - started) / 1_000)
      const shownMs = shift.logNowMs + performance.now() - shift.startedAt
      for (const { change, sinceMs } of taken)
        observer.shown(change.late === true ? 'late' : change.urgency, Math.max(0, shownMs - sinceMs) / 1_000)
    } catch (error) {
      await mend(error instanceof Error ? error : new Error('recompute failed'), taken, shift)
    }
  }

  async function mend(cause: Error, taken: readonly Waiting[], shift: Turn): Promise<void> {
    const { signal } = shift
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
      await persist(() => parts.giveUp(failed), { signal, onRetry: observer.retry, afterMs: limits.retryAfterMs })
      // The letter is there first: what is planned here goes with the process.
      if (!(cause instanceof LastingError)) parts.chances.note(only.change, performance.now())
      backlog.done(taken)
      return
    }
    const middle = taken.length >> 1
    await work(taken.slice(0, middle), shift)
    await work(taken.slice(middle), shift)
  }
}
