import type { Change } from '#contracts/changes.ts'
import type { Standing } from './standing-classes.ts'

export interface WaitingOptions {
  /** Running figures of open calls wait this long, counted from the announcement's log time. */
  readonly runningDelayMs: number
  /** Of the record that stands, where it is known: only a change for the worse is pressing. */
  readonly standing: (change: Change) => Standing | undefined
}

/** A change for the worse waits this long, for more of the same call; what is done before and after takes some seconds. */
const worseDelayMs = 1_000

/** Bad time after which a call is looked at of which nothing is known. */
const unknownWorseAfterMs = 2_000

/** And one of which something is: a stream may have begun since, which is as bad as its first samples. */
const maxWorseAfterMs = 5_000

/** Changes that were read late wait until none has come for this long, or for twice the longest pause in this flood: */
const calmMs = 2_000
const pausesOfCalm = 2
/** but no longer than this: calls must not stand still while hours are caught up with. */
const lateDelayMs = 120_000

/** What one tenant's late reading is like. One tenant's flood says nothing of what another has sent. */
interface Flood {
  readonly lastLateMs: number
  /** On a slow machine or store batches are seconds apart, and what is computed between them makes the next one later still. */
  readonly longestPauseMs: number
}

const noFlood: Flood = { lastLateMs: Number.NEGATIVE_INFINITY, longestPauseMs: 0 }

/** Tenants whose late reading is remembered. Of one forgotten late changes are due at once. */
const maxFloods = 10_000

/** How long a change that does not press by itself may wait: figures some time, what makes a call worse not long. */
export function createWaitingTimes({ runningDelayMs, standing }: WaitingOptions) {
  const floods = new Map<string, Flood>()

  /** One bad sample seldom changes a class; this much bad time may. */
  function goesWorse(change: Change): boolean {
    if (change.late === true) return false
    const { rank = 0, worseAfterMs = unknownWorseAfterMs } = standing(change) ?? {}
    return change.worst > rank && (change.badMs ?? worseAfterMs) >= Math.min(worseAfterMs, maxWorseAfterMs)
  }

  return {
    goesWorse,
    /** Log time from which it may be taken, by what `goesWorse` says of it: both are asked of all that waits, again and again. */
    dueMs({ change, sinceMs }: { readonly change: Change; readonly sinceMs: number }, worse: boolean): number {
      if (change.late === true) {
        const { lastLateMs, longestPauseMs } = floods.get(change.tenant) ?? noFlood
        return Math.min(sinceMs + lateDelayMs, lastLateMs + Math.max(calmMs, pausesOfCalm * longestPauseMs))
      }
      return sinceMs + (worse ? Math.min(runningDelayMs, worseDelayMs) : runningDelayMs)
    },
    /** Changes of this tenant that were read late have come. */
    sawLate(tenant: string, logTimeMs: number): void {
      const known = floods.get(tenant) ?? noFlood
      const pauseMs = logTimeMs - known.lastLateMs
      if (pauseMs <= 0) return
      const longestPauseMs = pauseMs < lateDelayMs ? Math.max(known.longestPauseMs, pauseMs) : 0
      floods.delete(tenant)
      floods.set(tenant, { lastLateMs: logTimeMs, longestPauseMs })
      for (const [oldest, { lastLateMs }] of floods) {
        if (floods.size <= maxFloods && logTimeMs - lastLateMs < lateDelayMs) break
        floods.delete(oldest)
      }
    },
    /** The log's time has stepped back: nothing came later than now. */
    stepBack(nowMs: number): void {
      for (const [tenant, flood] of floods)
        if (flood.lastLateMs > nowMs) floods.set(tenant, { ...flood, lastLateMs: nowMs })
    },
    inFlood: (tenant: string, nowMs: number): boolean =>
      nowMs - (floods.get(tenant) ?? noFlood).lastLateMs < lateDelayMs,
  }
}
