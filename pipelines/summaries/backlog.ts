import type { Change } from '#contracts/changes.ts'
import { memberText } from '#contracts/summaries.ts'
import { mergeChanges } from '../batch.ts'
import { createOffsetAccount } from './offset-account.ts'
import type { Standing } from './standing-classes.ts'

/** A dirty call that waits for its recompute, with all its announcements as one. */
export interface Waiting {
  readonly change: Change
  /** Log time at which the first of them was announced, epoch milliseconds. */
  readonly sinceMs: number
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
   * Running changes whose time has come; where there are none, pressing ones that the next `take` would leave. Changes for
   * the worse are left to `take`, whose batches are small: among thousands of others they would show seconds later.
   */
  takeRipe(nowMs: number, limit: number): readonly Waiting[]
  done(taken: readonly Waiting[]): void
  /** Taken ones that could not be dealt with: they wait again. */
  giveBack(taken: readonly Waiting[]): void
  /** Offset below which everything of the partition is done, by partition. */
  committable(): ReadonlyMap<number, number>
  /** Forgets a partition that is no longer ours. */
  forget(partition: number): void
  readonly size: number
  /** Calls whose time had come at the last look: those that press, and running figures. */
  readonly overdue: number
  /** What is held in memory: calls, and announcements that calls wait for. */
  readonly weight: number
  /** Log time of about the oldest announcement not done; undefined: none waits. */
  oldestMs(): number | undefined
}

export interface BacklogOptions {
  /** Running figures of open calls wait this long, counted from the announcement's log time. */
  readonly runningDelayMs: number
  /** Of the record that stands, where it is known: only a change for the worse is pressing. */
  readonly standing: (change: Change) => Standing | undefined
}

/**
 * A sample worse than the call's class waits this long: with what is read, stored and computed before and after, a change
 * for the worse shows within 5 s, and a call with a lossy second here and there is not computed every second.
 */
const worseDelayMs = 1_000

/** Bad time after which a call is looked at of which nothing is known. */
const unknownWorseAfterMs = 2_000

/** And one of which something is: a stream may have begun since, which is as bad as its first samples. */
const maxWorseAfterMs = 5_000

/** Changes that were read late wait until none has come for this long, */
const calmMs = 2_000
/** but no longer than this: calls must not stand still while hours are caught up with. */
const lateDelayMs = 120_000

/** Ripe ones that go along with a batch of pressing ones: what presses next must not wait for many. */
const maxBesidePressing = 300

const isPressing = ({ urgency, late }: Change): boolean => urgency === 'now' && late !== true

type Taker = 'pressing' | 'running'

/** Coalesces announcements by call, and keeps the account of which offsets are done. */
export function createBacklog({ runningDelayMs, standing }: BacklogOptions): Backlog {
  const waiting = new Map<string, Waiting>()
  const pressing = new Set<string>()
  /**
   * At work, by key: what is announced of them meanwhile waits for their end. But what presses does not wait for thousands
   * of running figures: their recompute finds itself overtaken then, drops this call and has it done again.
   */
  const atWork: Readonly<Record<Taker, Map<string, Waiting>>> = { pressing: new Map(), running: new Map() }
  const account = createOffsetAccount()
  // When the next running change is due: until then what waits need not be looked through.
  let ripeAtMs = Number.POSITIVE_INFINITY
  let oldest: number | undefined
  let held = 0
  let lastLateMs = 0
  let lastTake = 0
  let overdue = 0
  // Where the last take of running changes ended: ids next to each other share what is read of raw.
  let cursor = ''

  /** How long a change may wait: one bad sample seldom changes a class, but where it does, it is shown soon. */
  function dueMsOf({ change, sinceMs }: Pick<Waiting, 'change' | 'sinceMs'>): number {
    if (change.late === true) return Math.min(sinceMs + lateDelayMs, lastLateMs + calmMs)
    return sinceMs + (isWorse(change) ? Math.min(runningDelayMs, worseDelayMs) : runningDelayMs)
  }

  /** Such a sample may change the class that stands. */
  function isWorse(change: Change): boolean {
    const { rank = 0, worseAfterMs = unknownWorseAfterMs } = standing(change) ?? {}
    return change.worst > rank && (change.badMs ?? worseAfterMs) >= Math.min(worseAfterMs, maxWorseAfterMs)
  }

  function put(item: Waiting): void {
    const key = memberText(item.change)
    const known = waiting.get(key)
    const own = known === undefined ? new Set(item.announcements) : (known.announcements as Set<number>)
    held -= known === undefined ? 0 : own.size
    for (const announcement of item.announcements) own.add(announcement)
    held += own.size
    const change = known === undefined ? item.change : mergeChanges(known.change, item.change)
    const merged = { change, sinceMs: Math.min(item.sinceMs, known?.sinceMs ?? item.sinceMs), announcements: own }
    waiting.set(key, merged)
    if (isPressing(change)) pressing.add(key)
    else if (mayTake('pressing', key) && (mayTake('running', key) || isWorse(change)))
      ripeAtMs = Math.min(ripeAtMs, dueMsOf(merged))
  }

  /** No longer at work. What has been announced since may be taken now. */
  function free(item: Waiting): void {
    const key = memberText(item.change)
    for (const held of Object.values(atWork)) if (held.get(key) === item) held.delete(key)
    const since = waiting.get(key)
    if (since !== undefined) ripeAtMs = Math.min(ripeAtMs, dueMsOf(since))
  }

  function mayTake(taker: Taker, key: string): boolean {
    return !atWork.pressing.has(key) && (taker === 'pressing' || !atWork.running.has(key))
  }

  function takeOut(taker: Taker, keys: readonly string[]): readonly Waiting[] {
    return keys.flatMap((key) => {
      const item = waiting.get(key)
      if (item === undefined) return []
      waiting.delete(key)
      pressing.delete(key)
      held -= item.announcements.size
      atWork[taker].set(key, item)
      return [item]
    })
  }

  /** Keys of running changes whose time has come, those for the worse first. Also notes the oldest of all that waits. */
  function ripe(nowMs: number): { readonly worse: readonly string[]; readonly others: readonly string[] } {
    oldest = undefined
    ripeAtMs = Number.POSITIVE_INFINITY
    const worse: string[] = []
    const others: string[] = []
    for (const [key, item] of waiting) {
      if (oldest === undefined || item.sinceMs < oldest) oldest = item.sinceMs
      if (isPressing(item.change) || !mayTake('pressing', key)) continue
      const goesWorse = item.change.late !== true && isWorse(item.change)
      if (!goesWorse && !mayTake('running', key)) continue
      const dueMs = dueMsOf(item)
      if (dueMs < ripeAtMs) ripeAtMs = dueMs
      if (dueMs <= nowMs) (goesWorse ? worse : others).push(key)
    }
    overdue = worse.length + others.length
    return { worse, others }
  }

  /** Pressing ones, `from` to `to` of those that the taker may take in the order in which they came. */
  function pressed(taker: Taker, from: number, to: number): readonly string[] {
    const keys: string[] = []
    for (const key of pressing) {
      if (keys.length >= to) break
      if (mayTake(taker, key)) keys.push(key)
    }
    return keys.slice(from)
  }

  /** As many as there is room for, in order of id, going on where the last take ended. */
  function inTurn(keys: readonly string[], room: number): readonly string[] {
    if (room <= 0) return []
    if (keys.length <= room) return keys
    const ordered = [...keys].sort()
    const from = ordered.findIndex((key) => key > cursor)
    const turn = [...ordered.slice(Math.max(0, from)), ...ordered.slice(0, Math.max(0, from))].slice(0, room)
    cursor = turn.at(-1) ?? ''
    return turn
  }

  /** Beside pressing ones: every change for the worse that there is room for, and a few others. */
  function ripeBeside(nowMs: number, room: number): readonly string[] {
    if (nowMs < ripeAtMs || room <= 0) return []
    const { worse, others } = ripe(nowMs)
    const first = worse.slice(0, room)
    // While a flood is caught up with, all hands are wanted.
    const beside = nowMs - lastLateMs < lateDelayMs ? room : maxBesidePressing
    return [...first, ...inTurn(others, Math.min(room, beside) - first.length)]
  }

  return {
    get size() {
      return waiting.size + atWork.pressing.size + atWork.running.size
    },
    get weight() {
      return waiting.size + held
    },
    add(partition, offset, logTimeMs, changes) {
      const announcement = account.open(partition, offset, new Set(changes.map(memberText)).size)
      const announcements = new Set([announcement])
      if (changes.some(({ late }) => late === true)) lastLateMs = Math.max(lastLateMs, logTimeMs)
      for (const change of changes) put({ change, sinceMs: logTimeMs, announcements })
    },
    addDue(change, nowMs) {
      // At work already: its record, once written, says anew when it is due.
      if (mayTake('running', memberText(change))) put({ change, sinceMs: nowMs, announcements: new Set() })
    },
    take(nowMs, limit) {
      const first = pressed('pressing', 0, limit)
      lastTake = limit
      return takeOut('pressing', [...first, ...ripeBeside(nowMs, limit - first.length)])
    },
    takeRipe(nowMs, limit) {
      const { worse, others } = nowMs < ripeAtMs ? { worse: [], others: [] } : ripe(nowMs)
      const left = others.length > 0 ? others : worse.slice(lastTake).filter((key) => mayTake('running', key))
      const keys = left.length > 0 ? inTurn(left, limit) : pressed('running', lastTake, lastTake + limit)
      return takeOut('running', keys)
    },
    done(items) {
      for (const item of items) {
        free(item)
        for (const announcement of item.announcements) account.settle(announcement)
      }
    },
    giveBack(items) {
      for (const item of items) {
        free(item)
        put(item)
      }
    },
    committable: account.committable,
    forget: account.forget,
    get overdue() {
      return pressing.size + overdue
    },
    oldestMs() {
      const begun = [...Object.values(atWork)].map((held) => held.values().next().value?.sinceMs)
      const [first] = pressing
      const times = [oldest, ...begun, first === undefined ? undefined : waiting.get(first)?.sinceMs]
      return times.reduce(
        (least, at) => (least === undefined || (at !== undefined && at < least) ? at : least),
        undefined,
      )
    },
  }
}
