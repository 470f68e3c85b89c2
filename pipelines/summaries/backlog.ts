import type { Change } from '#contracts/changes.ts'
import { memberText } from '#contracts/summaries.ts'
import { createOffsetAccount } from './offset-account.ts'
import {
  createWaitingCalls,
  free,
  mayTake,
  oldestOf,
  put,
  type Ripe,
  ripe,
  stepBack,
  type Taker,
  takeOut,
  type WaitingCalls,
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
  takeRipe(nowMs: number, limit: number): readonly Waiting[]
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
  /** About what all of it holds of memory, bytes: calls that wait or are at work, and announcements that are not done. */
  readonly bytes: number
  /** Log time of about the oldest announcement not done; undefined: none waits. */
  oldestMs(): number | undefined
}

/** Ripe ones that go along with a batch of pressing ones. More are left to the other taker: what presses next must not wait. */
const maxBesidePressing = 300

/** Part of a batch that changes for the worse have to themselves, however much presses. */
const worseShare = 0.25

/** When nothing has been taken of what presses for so long, whoever takes it is stuck with something. */
const stuckMs = 5_000

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
      if (changes.some(({ late }) => late === true)) times.sawLate(logTimeMs)
      for (const change of changes) put(calls, { change, sinceMs: logTimeMs, announcements })
    },
    addDue(change, nowMs) {
      // At work already: its record, once written, says anew when it is due.
      if (!mayTake(calls, 'running', memberText(change))) return
      // Behind a flood a record seems due for what is still to be read: samples that have not come, an end.
      const judged = times.inFlood(nowMs) ? { ...change, late: true as const } : change
      put(calls, { change: judged, sinceMs: nowMs, announcements: new Set() })
    },
    take(nowMs, limit) {
      lastTake = { nowMs, limit }
      return takeOut(calls, 'pressing', chosenFirst(calls, lastTake))
    },
    takeRipe: (nowMs, limit) => takeOut(calls, 'running', chosenBeside(calls, { nowMs, limit }, lastTake)),
    done(items) {
      for (const item of items) {
        free(calls, item)
        for (const announcement of item.announcements) account.settle(announcement)
      }
    },
    giveBack(items) {
      for (const item of items) {
        free(calls, item)
        put(calls, item)
      }
    },
    stepBack(nowMs) {
      lastTake = { ...lastTake, nowMs: Math.min(lastTake.nowMs, nowMs) }
      stepBack(calls, nowMs)
    },
    committable: account.committable,
    forget: account.forget,
    get overdue() {
      return calls.pressing.size + calls.overdue
    },
    oldestMs: () => oldestOf(calls),
  }
}

/** When, and at most how many. */
interface Take {
  readonly nowMs: number
  readonly limit: number
}

const nothing: Ripe = { worse: [], others: [] }

/** What presses, what goes worse, and what else there is room for. */
function chosenFirst(calls: WaitingCalls, { nowMs, limit }: Take): readonly string[] {
  const { worse, others } = nowMs < Math.min(calls.worseAtMs, calls.othersAtMs) ? nothing : ripe(calls, nowMs)
  const kept = Math.min(worse.length, Math.ceil(worseShare * limit))
  const first = pressed(calls, 'pressing', { skip: 0, room: limit - kept })
  const chosen = [...first, ...worse.slice(0, limit - first.length)]
  const room = limit - chosen.length
  // While a flood is caught up with, all hands are wanted.
  const flood = calls.times.inFlood(nowMs)
  const beside = flood ? inTurn(calls, others, room) : others.length <= maxBesidePressing ? others : []
  return [...chosen, ...beside.slice(0, room)]
}

/** Running changes, and what presses where the last take of that leaves it or did not come. */
function chosenBeside(calls: WaitingCalls, { nowMs, limit }: Take, lastTake: Take): readonly string[] {
  const stuck = nowMs - lastTake.nowMs > stuckMs
  const skip = stuck ? 0 : lastTake.limit
  const urgent = pressed(calls, 'running', { skip, room: limit })
  if (urgent.length > 0 && (stuck || calls.pressing.size > 2 * skip)) return urgent
  const mayLook = nowMs >= calls.othersAtMs || (stuck && nowMs >= calls.worseAtMs)
  const { worse, others } = mayLook ? ripe(calls, nowMs) : nothing
  const behind = stuck ? worse.filter((key) => mayTake(calls, 'running', key)).slice(0, limit) : []
  if (behind.length > 0) return behind
  return others.length > 0 ? inTurn(calls, others, limit) : urgent
}

/** Pressing ones that the taker may take, in the order in which they came, without the first `skip`. */
function pressed(
  calls: WaitingCalls,
  taker: Taker,
  { skip, room }: { readonly skip: number; readonly room: number },
): readonly string[] {
  const keys: string[] = []
  if (calls.pressing.size <= skip) return keys
  for (const key of calls.pressing) {
    if (keys.length >= skip + room) break
    if (mayTake(calls, taker, key)) keys.push(key)
  }
  return keys.slice(skip)
}

/** As many as there is room for, in order of id, going on where the last take ended. */
function inTurn(calls: WaitingCalls, keys: readonly string[], room: number): readonly string[] {
  if (room <= 0) return []
  if (keys.length <= room) return keys
  const ordered = [...keys].sort()
  const from = ordered.findIndex((key) => key > calls.cursor)
  const turn = [...ordered.slice(Math.max(0, from)), ...ordered.slice(0, Math.max(0, from))].slice(0, room)
  calls.cursor = turn.at(-1) ?? ''
  return turn
}
