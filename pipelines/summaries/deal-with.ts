import type { TraceRecompute } from '#contracts/batch-trace.ts'
import type { Change } from '#contracts/changes.ts'
import { isHopeless } from '#contracts/errors.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { CallRow } from '#contracts/summaries.ts'
import { announcements, announcementsFor } from '../announce.ts'
import { pause } from '../pause.ts'
import { persist } from '../persist.ts'
import type { Backlog, Waiting } from './backlog.ts'
import { withinBudget } from './budget.ts'
import type { Progress } from './progress.ts'
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
  /** Told of every call that has come to its end. */
  readonly progress: Progress
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

/** So long a batch is searched for the calls that it fails for, milliseconds; then what is new goes before the rest of it. */
const searchMs = 8_000

/**
 * Brings every call to an end: done, given back, or given up. Those that were given up before come last, each alone: the
 * others need not fail with them again.
 */
export async function dealWith(taken: readonly Waiting[], at: AtWork): Promise<void> {
  const suspects = taken.filter(({ change }) => at.troubles.isSuspect(change))
  const others = suspects.length === 0 ? taken : taken.filter(({ change }) => !at.troubles.isSuspect(change))
  await search([...(others.length > 0 ? [others] : []), ...suspects.map((suspect) => [suspect])], at)
}

/**
 * Recomputes part after part. One that fails for good is halved until the guilty call is alone, which is given up. Larger parts
 * go first, so that whoever is not guilty is soon done, and those of one tenant lie together: what one has sent is to hold up
 * no other. After some seconds the rest is given back, behind what has come meanwhile.
 */
async function search(parts: readonly (readonly Waiting[])[], at: AtWork): Promise<void> {
  const waiting = [...parts]
  let searchedSince: number | undefined
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    if (searchedSince !== undefined && performance.now() - searchedSince > searchMs) {
      at.backlog.giveBack([part, ...waiting].flat())
      return
    }
    const cause = await work(part, at)
    searchedSince ??= performance.now()
    if (cause === undefined) continue
    const [only] = part
    if (only !== undefined && part.length === 1) await giveUp(only, cause, at)
    else waiting.push(...halvesOf(part))
    // The largest first; sorting keeps the order of equals.
    waiting.sort((a, b) => b.length - a.length)
  }
}

function halvesOf(part: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const ordered = part.toSorted((a, b) => (a.change.tenant < b.change.tenant ? -1 : 1))
  const middle = ordered.length >> 1
  return [ordered.slice(0, middle), ordered.slice(middle)]
}

/** Recomputes what was taken, to its end. Returns why some of it must be given up, and then nothing of it has an end yet. */
async function work(taken: readonly Waiting[], at: AtWork): Promise<Error | undefined> {
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
    for (const { change } of failed) troubles.suspect(change)
    if (again.length > 0) await log.append(announcements(again))
    const done = failed.length === 0 ? changes : withoutFailed(changes, failed)
    // Before it is done: what has been announced of these calls meanwhile is judged by how they stand now.
    at.standing.note(rows)
    backlog.done(taken)
    at.progress.ended()
    troubles.forget(done)
    at.chances.forget(done)
    tell(taken, rows, (performance.now() - started) / 1_000, at)
    return undefined
  } catch (error) {
    return mend(error instanceof Error ? error : new Error('recompute failed'), taken, at)
  }
}

function withoutFailed(changes: readonly Change[], failed: readonly FailedCall[]): readonly Change[] {
  const given = new Set(failed.map(({ change }) => change))
  return changes.filter((change) => !given.has(change))
}

/** What is told of a call that has come to its end must not bring it back: it would be given up, and its record with it. */
function tell(taken: readonly Waiting[], rows: readonly CallRow[], seconds: number, at: AtWork): void {
  const { observer } = at
  try {
    observer.recomputed(rows, seconds)
    const shownMs = at.logNowMs + performance.now() - at.startedAt
    for (const { change, sinceMs } of taken)
      observer.shown(change.late === true ? 'late' : change.urgency, Math.max(0, shownMs - sinceMs) / 1_000)
  } catch (error) {
    observer.retry(error instanceof Error ? error : new Error('failed'))
  }
}

/** Gives back what may go well the next time. Returns the cause where it cannot. */
async function mend(cause: Error, taken: readonly Waiting[], at: AtWork): Promise<Error | undefined> {
  const { backlog, troubles, observer, limits, signal } = at
  observer.retry(cause)
  const members = taken.map(({ change }) => change)
  if (isHopeless(cause) || troubles.isHopeless(members, cause)) return cause
  backlog.giveBack(taken)
  await pause(limits.retryAfterMs, signal)
  return undefined
}

async function giveUp(only: Waiting, cause: Error, at: AtWork): Promise<void> {
  const { troubles, observer, limits, signal } = at
  const failed = [{ change: only.change, cause }]
  troubles.suspect(only.change)
  await persist(() => at.giveUp(failed), { signal, onRetry: observer.retry, afterMs: limits.retryAfterMs })
  // The letter is there first: what is planned here goes with the process.
  if (!isHopeless(cause)) at.chances.note(only.change, performance.now())
  at.backlog.done([only])
  at.progress.ended()
}
