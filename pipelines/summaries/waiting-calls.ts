import type { Change } from '#contracts/changes.ts'
import { memberText } from '#contracts/summaries.ts'
import { mergeChanges } from '../batch.ts'
import type { Waiting } from './backlog.ts'
import { type ActiveTenants, createActiveTenants } from './tenant-load.ts'
import { createTenantQueues, type TenantQueues } from './tenant-shares.ts'
import { createWaitingTimes, type WaitingOptions } from './waiting-times.ts'

export type Taker = 'pressing' | 'running'

/** Dirty calls that wait or are at work, by key. */
export interface WaitingCalls {
  readonly times: ReturnType<typeof createWaitingTimes>
  readonly waiting: Map<string, Waiting>
  /** Keys of those that press. */
  readonly pressing: TenantQueues
  readonly active: ActiveTenants
  /**
   * At work, by key: what is announced of them meanwhile waits for their end. But what presses does not wait for thousands
   * of running figures: their recompute finds itself overtaken then, drops this call and has it done again.
   */
  readonly atWork: Readonly<Record<Taker, Map<string, Waiting>>>
  /** When the next change for the worse is due, and the next other one: until then what waits need not be looked through. */
  worseAtMs: number
  othersAtMs: number
  /** Log time of the oldest that waited at the last look through them. */
  oldestMs: number | undefined
  /** Running changes whose time had come then, by tenant; and of these the changes for the worse. */
  overdue: ReadonlyMap<string, number>
  worse: ReadonlyMap<string, number>
  /** While nothing of it may be taken, what waits is not looked through again before. */
  lookAgainMs: number
  bytes: number
  /** Where the last take of running figures ended, of each tenant that was not taken whole. */
  cursors: ReadonlyMap<string, string>
  /** How many such takes there were. */
  turn: number
  /** When running figures were asked for last, and when those of a tenant with more than its share were taken. */
  besideMs: number
  heavyMs: number
}

export const createWaitingCalls = (options: WaitingOptions): WaitingCalls => ({
  ...{ times: createWaitingTimes(options), waiting: new Map() },
  ...{ pressing: createTenantQueues(), active: createActiveTenants() },
  atWork: { pressing: new Map(), running: new Map() },
  ...{ worseAtMs: Number.POSITIVE_INFINITY, othersAtMs: Number.POSITIVE_INFINITY },
  ...{ oldestMs: undefined, overdue: new Map(), worse: new Map(), bytes: 0 },
  lookAgainMs: Number.NEGATIVE_INFINITY,
  ...{ cursors: new Map(), turn: 0 },
  ...{ besideMs: Number.NEGATIVE_INFINITY, heavyMs: Number.NEGATIVE_INFINITY },
})

/*
 * What a waiting call holds of memory, measured on Node 26 with 200,000 of them: its objects and its places in maps, its id and
 * the key made of it, its minutes, and the numbers of its announcements. Right to within a tenth for ids in Latin letters.
 */
const callBytes = 400
const minuteBytes = 8
const numberBytes = 32

const bytesOf = (key: string, { change, announcements }: Waiting): number =>
  callBytes + 2 * key.length + minuteBytes * change.minutes.length + numberBytes * announcements.size

const isPressing = ({ urgency, late }: Change): boolean => urgency === 'now' && late !== true

/** Waits from now on, with what waits of the same call as one. */
export function put(calls: WaitingCalls, item: Waiting): void {
  const key = memberText(item.change)
  const known = calls.waiting.get(key)
  const own = known === undefined ? new Set(item.announcements) : (known.announcements as Set<number>)
  calls.bytes -= known === undefined ? 0 : bytesOf(key, known)
  for (const announcement of item.announcements) own.add(announcement)
  const change = known === undefined ? item.change : mergeChanges(known.change, item.change)
  const merged = { change, sinceMs: Math.min(item.sinceMs, known?.sinceMs ?? item.sinceMs), announcements: own }
  calls.waiting.set(key, merged)
  calls.bytes += bytesOf(key, merged)
  if (isPressing(change)) calls.pressing.add(key)
  else schedule(calls, key, merged)
}

interface Scheduled {
  readonly worse: boolean
  readonly dueMs: number
}

/** Notes when it is to be looked for, if somebody may take it. */
function schedule(calls: WaitingCalls, key: string, item: Waiting): Scheduled | undefined {
  const worse = calls.times.goesWorse(item.change)
  if (!mayTake(calls, worse ? 'pressing' : 'running', key)) return undefined
  const dueMs = calls.times.dueMs(item, worse)
  if (worse) calls.worseAtMs = Math.min(calls.worseAtMs, dueMs)
  else calls.othersAtMs = Math.min(calls.othersAtMs, dueMs)
  return { worse, dueMs }
}

export const mayTake = ({ atWork }: WaitingCalls, taker: Taker, key: string): boolean =>
  !atWork.pressing.has(key) && (taker === 'pressing' || !atWork.running.has(key))

/** The log's time has stepped back: nothing has come later than now, and all of it is to be looked through. */
export function stepBack(calls: WaitingCalls, nowMs: number): void {
  calls.times.stepBack(nowMs)
  for (const items of [calls.waiting, calls.atWork.pressing, calls.atWork.running])
    for (const item of items.values()) item.sinceMs = Math.min(item.sinceMs, nowMs)
  calls.worseAtMs = nowMs
  calls.othersAtMs = nowMs
  for (const time of ['lookAgainMs', 'besideMs', 'heavyMs'] as const) calls[time] = Math.min(calls[time], nowMs)
  calls.active.stepBack(nowMs)
}

/** These are at work from now on, until they are free. */
export function takeOut(calls: WaitingCalls, taker: Taker, keys: readonly string[]): readonly Waiting[] {
  return keys.flatMap((key) => {
    const item = calls.waiting.get(key)
    if (item === undefined) return []
    calls.waiting.delete(key)
    calls.pressing.delete(key)
    calls.atWork[taker].set(key, item)
    return [item]
  })
}

/** No longer at work. What has been announced since may be taken now. */
export function free(calls: WaitingCalls, item: Waiting): void {
  const key = memberText(item.change)
  for (const taken of Object.values(calls.atWork))
    if (taken.get(key) === item && taken.delete(key)) calls.bytes -= bytesOf(key, item)
  const since = calls.waiting.get(key)
  if (since !== undefined) schedule(calls, key, since)
}

/** What could not be dealt with waits again. */
export function putBack(calls: WaitingCalls, items: readonly Waiting[]): void {
  for (const item of items) {
    free(calls, item)
    put(calls, item)
  }
}

/** Keys of running changes whose time has come. */
export interface Ripe {
  /** Their class may be worse than the record says. */
  readonly worse: readonly string[]
  readonly others: readonly string[]
}

/** Looks through all that waits, and notes the oldest of it and when it is to be looked for next. */
export function ripe(calls: WaitingCalls, nowMs: number): Ripe {
  calls.oldestMs = undefined
  calls.worseAtMs = Number.POSITIVE_INFINITY
  calls.othersAtMs = Number.POSITIVE_INFINITY
  const worse: string[] = []
  const others: string[] = []
  const counts = { overdue: new Map<string, number>(), worse: new Map<string, number>() }
  for (const [key, item] of calls.waiting) {
    if (calls.oldestMs === undefined || item.sinceMs < calls.oldestMs) calls.oldestMs = item.sinceMs
    if (isPressing(item.change)) continue
    const scheduled = schedule(calls, key, item)
    if (scheduled === undefined || scheduled.dueMs > nowMs) continue
    ;(scheduled.worse ? worse : others).push(key)
    countUp(counts.overdue, item.change.tenant)
    if (scheduled.worse) countUp(counts.worse, item.change.tenant)
  }
  Object.assign(calls, counts)
  return { worse, others }
}

const countUp = (counts: Map<string, number>, tenant: string): unknown =>
  counts.set(tenant, 1 + (counts.get(tenant) ?? 0))

/** Calls of one tenant whose time has come. */
export interface Overdue {
  /** Those that press, and changes for the worse. */
  readonly pressing: number
  readonly running: number
}

/** Calls whose time has come, by tenant. */
export function overdueByTenant(calls: WaitingCalls, nowMs: number): ReadonlyMap<string, Overdue> {
  const { pressing, worseAtMs, othersAtMs } = calls
  // What was found at the last look has been taken since, unless it is to be looked for now.
  const isOld = nowMs < Math.min(worseAtMs, othersAtMs)
  const overdue = isOld ? noCounts : calls.overdue
  const worse = isOld ? noCounts : calls.worse
  const found = new Map<string, Overdue>()
  for (const tenant of new Set([...overdue.keys(), ...pressing.byTenant.keys()])) {
    const bad = worse.get(tenant) ?? 0
    const running = (overdue.get(tenant) ?? 0) - bad
    found.set(tenant, { pressing: bad + (pressing.byTenant.get(tenant)?.size ?? 0), running })
  }
  return found
}

const noCounts: ReadonlyMap<string, number> = new Map()

/** Log time of about the oldest that waits or is at work. */
export function oldestOf({ oldestMs, atWork, pressing, waiting }: WaitingCalls): number | undefined {
  const begun = Object.values(atWork).map((taken) => taken.values().next().value?.sinceMs)
  let least = begun.reduce(least2, oldestMs)
  for (const [first] of pressing.byTenant.values())
    least = least2(least, first === undefined ? undefined : waiting.get(first)?.sinceMs)
  return least
}

const least2 = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a
