import type { Change } from '#contracts/changes.ts'
import { memberText } from '#contracts/summaries.ts'
import { mergeChanges } from '../batch.ts'
import { createOffsetAccount } from './offset-account.ts'
import { createWaitingTimes, type WaitingOptions } from './waiting-times.ts'

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
   * Running changes whose time has come, but those for the worse: they go with the next `take`, whose batches are small, as
   * among thousands of others they would show seconds later. It helps with what presses where that is more than the next
   * `take` can hold, or where nobody takes it.
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

/*
 * What a waiting call holds of memory, measured on Node 26 with 200,000 of them: its objects and its places in maps, its id and
 * the key made of it, its minutes, and the numbers of its announcements. Right to within a tenth for ids in Latin letters.
 */
const callBytes = 400
const minuteBytes = 8
const numberBytes = 32
/** And an announcement that is not done. */
const announcementBytes = 150

const bytesOf = (key: string, { change, announcements }: Waiting): number =>
  callBytes + 2 * key.length + minuteBytes * change.minutes.length + numberBytes * announcements.size

const isPressing = ({ urgency, late }: Change): boolean => urgency === 'now' && late !== true

type Taker = 'pressing' | 'running'

/** Coalesces announcements by call, and keeps the account of which offsets are done. */
export function createBacklog(options: WaitingOptions): Backlog {
  const times = createWaitingTimes(options)
  const waiting = new Map<string, Waiting>()
  const pressing = new Set<string>()
  /**
   * At work, by key: what is announced of them meanwhile waits for their end. But what presses does not wait for thousands
   * of running figures: their recompute finds itself overtaken then, drops this call and has it done again.
   */
  const atWork: Readonly<Record<Taker, Map<string, Waiting>>> = { pressing: new Map(), running: new Map() }
  const account = createOffsetAccount()
  // When the next change for the worse is due, and the next other one: until then what waits need not be looked through.
  let worseAtMs = Number.POSITIVE_INFINITY
  let othersAtMs = Number.POSITIVE_INFINITY
  let oldest: number | undefined
  let bytes = 0
  let lastTake = { limit: 0, atMs: 0 }
  let overdue = 0
  // Where the last take of running figures ended: ids next to each other share what is read of raw.
  let cursor = ''

  function put(item: Waiting): void {
    const key = memberText(item.change)
    const known = waiting.get(key)
    const own = known === undefined ? new Set(item.announcements) : (known.announcements as Set<number>)
    bytes -= known === undefined ? 0 : bytesOf(key, known)
    for (const announcement of item.announcements) own.add(announcement)
    const change = known === undefined ? item.change : mergeChanges(known.change, item.change)
    const merged = { change, sinceMs: Math.min(item.sinceMs, known?.sinceMs ?? item.sinceMs), announcements: own }
    waiting.set(key, merged)
    bytes += bytesOf(key, merged)
    if (isPressing(change)) pressing.add(key)
    else schedule(key, merged)
  }

  /** Notes when it is to be looked for, if somebody may take it. */
  function schedule(key: string, item: Waiting): Scheduled | undefined {
    const worse = times.goesWorse(item.change)
    if (!mayTake(worse ? 'pressing' : 'running', key)) return undefined
    const dueMs = times.dueMs(item, worse)
    if (worse) worseAtMs = Math.min(worseAtMs, dueMs)
    else othersAtMs = Math.min(othersAtMs, dueMs)
    return { worse, dueMs }
  }

  /** No longer at work. What has been announced since may be taken now. */
  function free(item: Waiting): void {
    const key = memberText(item.change)
    for (const taken of Object.values(atWork))
      if (taken.get(key) === item && taken.delete(key)) bytes -= bytesOf(key, item)
    const since = waiting.get(key)
    if (since !== undefined) schedule(key, since)
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
      atWork[taker].set(key, item)
      return [item]
    })
  }

  /** Keys of running changes whose time has come. Also notes the oldest of all that waits. */
  function ripe(nowMs: number): Ripe {
    oldest = undefined
    worseAtMs = Number.POSITIVE_INFINITY
    othersAtMs = Number.POSITIVE_INFINITY
    const worse: string[] = []
    const others: string[] = []
    for (const [key, item] of waiting) {
      if (oldest === undefined || item.sinceMs < oldest) oldest = item.sinceMs
      if (isPressing(item.change)) continue
      const scheduled = schedule(key, item)
      if (scheduled !== undefined && scheduled.dueMs <= nowMs) (scheduled.worse ? worse : others).push(key)
    }
    overdue = worse.length + others.length
    return { worse, others }
  }

  /** Pressing ones that the taker may take, in the order in which they came, without the first `skip`. */
  function pressed(taker: Taker, skip: number, room: number): readonly string[] {
    const keys: string[] = []
    if (pressing.size <= skip) return keys
    for (const key of pressing) {
      if (keys.length >= skip + room) break
      if (mayTake(taker, key)) keys.push(key)
    }
    return keys.slice(skip)
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

  return {
    get size() {
      return waiting.size + atWork.pressing.size + atWork.running.size
    },
    get bytes() {
      return bytes + announcementBytes * account.size
    },
    add(partition, offset, logTimeMs, changes) {
      const announcement = account.open(partition, offset, new Set(changes.map(memberText)).size)
      const announcements = new Set([announcement])
      if (changes.some(({ late }) => late === true)) times.sawLate(logTimeMs)
      for (const change of changes) put({ change, sinceMs: logTimeMs, announcements })
    },
    addDue(change, nowMs) {
      // At work already: its record, once written, says anew when it is due.
      if (!mayTake('running', memberText(change))) return
      // Behind a flood a record seems due for what is still to be read: samples that have not come, an end.
      const judged = times.inFlood(nowMs) ? { ...change, late: true as const } : change
      put({ change: judged, sinceMs: nowMs, announcements: new Set() })
    },
    take(nowMs, limit) {
      lastTake = { limit, atMs: nowMs }
      const { worse, others } = nowMs < Math.min(worseAtMs, othersAtMs) ? nothing : ripe(nowMs)
      const kept = Math.min(worse.length, Math.ceil(worseShare * limit))
      const first = pressed('pressing', 0, limit - kept)
      const chosen = [...first, ...worse.slice(0, limit - first.length)]
      const room = limit - chosen.length
      // While a flood is caught up with, all hands are wanted.
      const beside = times.inFlood(nowMs) ? inTurn(others, room) : others.length <= maxBesidePressing ? others : []
      return takeOut('pressing', [...chosen, ...beside.slice(0, room)])
    },
    takeRipe(nowMs, limit) {
      const stuck = nowMs - lastTake.atMs > stuckMs
      const skip = stuck ? 0 : lastTake.limit
      const urgent = pressed('running', skip, limit)
      if (urgent.length > 0 && (stuck || pressing.size > 2 * skip)) return takeOut('running', urgent)
      const mayLook = nowMs >= othersAtMs || (stuck && nowMs >= worseAtMs)
      const { worse, others } = mayLook ? ripe(nowMs) : nothing
      const behind = stuck ? worse.filter((key) => mayTake('running', key)).slice(0, limit) : []
      if (behind.length > 0) return takeOut('running', behind)
      return takeOut('running', others.length > 0 ? inTurn(others, limit) : urgent)
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
      const begun = Object.values(atWork).map((taken) => taken.values().next().value?.sinceMs)
      const [first] = pressing
      const ages = [oldest, ...begun, first === undefined ? undefined : waiting.get(first)?.sinceMs]
      return ages.reduce(
        (least, at) => (least === undefined || (at !== undefined && at < least) ? at : least),
        undefined,
      )
    },
  }
}

interface Scheduled {
  readonly worse: boolean
  readonly dueMs: number
}

interface Ripe {
  /** Their class may be worse than the record says. */
  readonly worse: readonly string[]
  readonly others: readonly string[]
}

const nothing: Ripe = { worse: [], others: [] }
