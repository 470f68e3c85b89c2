import type { Change } from '#contracts/changes.ts'
import { memberText } from '#contracts/summaries.ts'
import { chosenBeside, chosenFirst, type Take } from './choosing.ts'
import { createOffsetAccount } from './offset-account.ts'
import {
  createWaitingCalls,
  free,
  mayTake,
  type Overdue,
  oldestOf,
  overdueByTenant,
  put,
  putBack,
  stepBack,
  takeOut,
} from './waiting-calls.ts'
import type { WaitingOptions } from './waiting-times.ts'

/** A dirty call that waits for its recompute, with all its announcements as one. */
export interface Waiting {
  readonly change: Change
  /** Log time at which the first of them was announced, epoch milliseconds; lowered where that has stepped back. */
  sinceMs: number
  /** Announcements (see offset-account.ts) that are done only once this is. */
  readonly announcements: ReadonlySet<number>
}

export interface Backlog {
  add(partition: number, offset: number, logTimeMs: number, changes: readonly Change[]): void
  /** A record that changes by itself: no announcement, so no offset waits for it. */
  addDue(change: Change, nowMs: number): void
  /** The most pressing ones, at most `limit`, taken out until `done`. */
  take(nowMs: number, limit: number): readonly Waiting[]
  /**
   * Running changes whose time has come, but those for the worse: they go with the next `take`, whose batches are small, as
   * among thousands of others they would show seconds later. It helps with what presses where that is more than the next
   * `take` can hold, or where nobody takes it.
   */
  takeRipe(nowMs: number, limit: number, firstIsBusy?: boolean): readonly Waiting[]
  /** A tenant has more waiting than its share, so that the last batch was a small one by choice. */
  readonly isContended: boolean
  done(taken: readonly Waiting[]): void
  /** Taken ones that could not be dealt with: they wait again. */
  giveBack(taken: readonly Waiting[]): void
  /** The log's time has stepped back to this: what is noted here as later was noted while a clock was wrong. */
  stepBack(nowMs: number): void
  /** Offset below which everything of the partition is done, by partition. */
  committable(): ReadonlyMap<number, number>
  /** Forgets a partition that is no longer ours. */
  forget(partition: number): void
  readonly size: number
  /** Calls whose time had come at the last look: those that press, and running figures. */
  readonly overdue: number
  /** The same by tenant; one left out has none. */
  overdueByTenant(nowMs: number): ReadonlyMap<string, Overdue>
  /** About what all of it holds of memory, bytes: calls that wait or are at work, and announcements that are not done. */
  readonly bytes: number
  /** Log time of about the oldest announcement not done; undefined: none waits. */
  oldestMs(): number | undefined
}

/** What an announcement that is not done holds of memory, measured as that of waiting calls was (waiting-calls.ts). */
const announcementBytes = 150

/** Coalesces announcements by call, and keeps the account of which offsets are done. */
export function createBacklog(options: WaitingOptions): Backlog {
  const calls = createWaitingCalls(options)
  const { times, waiting, atWork } = calls
  const account = createOffsetAccount()
  let lastTake: Take = { limit: 0, nowMs: 0 }

  return {
    get size() {
      return waiting.size + atWork.pressing.size + atWork.running.size
    },
    get bytes() {
      return calls.bytes + announcementBytes * account.size
    },
    add(partition, offset, logTimeMs, changes) {
      const announcement = account.open(partition, offset, new Set(changes.map(memberText)).size)
      const announcements = new Set([announcement])
      for (const change of changes) {
        if (change.late === true) times.sawLate(change.tenant, logTimeMs)
        calls.active.seen(change.tenant, logTimeMs)
        put(calls, { change, sinceMs: logTimeMs, announcements })
      }
    },
    addDue(change, nowMs) {
      // At work already: its record, once written, says anew when it is due.
      if (!mayTake(calls, 'running', memberText(change))) return
      // Behind a flood a record seems due for what is still to be read: samples that have not come, an end.
      const judged = times.inFlood(change.tenant, nowMs) ? { ...change, late: true as const } : change
      put(calls, { change: judged, sinceMs: nowMs, announcements: new Set() })
    },
    take(nowMs, limit) {
      lastTake = { nowMs, limit }
      return takeOut(calls, 'pressing', chosenFirst(calls, lastTake))
    },
    takeRipe: (nowMs, limit, firstIsBusy = false) =>
      takeOut(calls, 'running', chosenBeside(calls, { nowMs, limit, firstIsBusy }, lastTake)),
    get isContended() {
      return calls.heavyMs === calls.besideMs
    },
    done(items) {
      for (const item of items) {
        free(calls, item)
        for (const announcement of item.announcements) account.settle(announcement)
      }
    },
    giveBack: (items) => putBack(calls, items),
    stepBack(nowMs) {
      lastTake = { ...lastTake, nowMs: Math.min(lastTake.nowMs, nowMs) }
      stepBack(calls, nowMs)
    },
    committable: account.committable,
    forget: account.forget,
    get overdue() {
      return sum(calls.overdue.values()) + calls.pressing.size
    },
    overdueByTenant: (nowMs) => overdueByTenant(calls, nowMs),
    oldestMs: () => oldestOf(calls),
  }
}

const sum = (counts: Iterable<number>): number => {
  let total = 0
  for (const count of counts) total += count
  return total
}
