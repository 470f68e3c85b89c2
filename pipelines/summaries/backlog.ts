import type { Change } from '#contracts/changes.ts'
import { memberText } from '#contracts/summaries.ts'
import { mergeChanges } from '../batch.ts'

/** A dirty call that waits for its recompute, with all its announcements as one. */
export interface Waiting {
  readonly change: Change
  /** Log time at which the first of them was announced, epoch milliseconds. */
  readonly sinceMs: number
  /** Offsets of the announcements, by partition: committed only once this is done. */
  readonly offsets: readonly { readonly partition: number; readonly offset: number }[]
}

export interface Backlog {
  add(partition: number, offset: number, logTimeMs: number, changes: readonly Change[]): void
  /** A record that changes by itself: no announcement, so no offset waits for it. */
  addDue(change: Change, nowMs: number): void
  /** The most pressing ones, at most `limit`, taken out until `done`. */
  take(nowMs: number, limit: number): readonly Waiting[]
  done(taken: readonly Waiting[]): void
  /** Taken ones that could not be dealt with: they wait again. */
  giveBack(taken: readonly Waiting[]): void
  /** Offset below which everything of the partition is done, by partition. */
  committable(): ReadonlyMap<number, number>
  /** Forgets a partition that is no longer ours. */
  forget(partition: number): void
  readonly size: number
  /** Log time of the oldest announcement that is not done; undefined: none waits. */
  oldestMs(): number | undefined
}

export interface BacklogOptions {
  /** Running figures of open calls wait this long, counted from the announcement's log time. */
  readonly runningDelayMs: number
  /** Class of the record that stands, where it is known: only a change for the worse is pressing. */
  readonly standingClass: (change: Change) => 0 | 1 | 2 | undefined
}

/**
 * A sample worse than the call's class waits this long: with what is read, stored and computed before and after, a change
 * for the worse shows within 5 s, and a call with a lossy second here and there is not computed every second.
 */
const worseDelayMs = 1_500

/** Coalesces announcements by call, and keeps the account of which offsets are done. */
export function createBacklog({ runningDelayMs, standingClass }: BacklogOptions): Backlog {
  const waiting = new Map<string, Waiting>()
  const taken = new Set<Waiting>()
  // Offsets seen and not done, with the number of calls they still wait for; and the next offset of each partition.
  const pending = new Map<number, Map<number, number>>()
  const nextOffset = new Map<number, number>()

  const isPressing = ({ urgency }: Change): boolean => urgency === 'now'

  /** How long a change may wait: one bad sample seldom changes a class, but where it does, it is shown soon. */
  function delayOf(change: Change): number {
    if (isPressing(change)) return 0
    const worse = change.worst > 0 && change.worst > (standingClass(change) ?? 0)
    return worse ? Math.min(runningDelayMs, worseDelayMs) : runningDelayMs
  }

  function put({ change, sinceMs, offsets }: Waiting): void {
    const key = memberText(change)
    const known = waiting.get(key)
    waiting.set(
      key,
      known === undefined
        ? { change, sinceMs, offsets }
        : {
            change: mergeChanges(known.change, change),
            sinceMs: Math.min(known.sinceMs, sinceMs),
            offsets: [...known.offsets, ...offsets],
          },
    )
  }

  return {
    get size() {
      return waiting.size + taken.size
    },
    add(partition, offset, logTimeMs, changes) {
      nextOffset.set(partition, offset + 1)
      if (changes.length === 0) return
      const ofPartition = pending.get(partition) ?? new Map<number, number>()
      pending.set(partition, ofPartition.set(offset, changes.length))
      for (const change of changes) put({ change, sinceMs: logTimeMs, offsets: [{ partition, offset }] })
    },
    addDue(change, nowMs) {
      put({ change, sinceMs: nowMs, offsets: [] })
    },
    take(nowMs, limit) {
      const ripe = [...waiting.values()].filter(({ change, sinceMs }) => sinceMs + delayOf(change) <= nowMs)
      ripe.sort((a, b) => Number(isPressing(b.change)) - Number(isPressing(a.change)) || a.sinceMs - b.sinceMs)
      const now = ripe.slice(0, limit)
      for (const item of now) {
        waiting.delete(memberText(item.change))
        taken.add(item)
      }
      return now
    },
    done(items) {
      for (const item of items) {
        taken.delete(item)
        for (const { partition, offset } of item.offsets) {
          const ofPartition = pending.get(partition)
          const left = (ofPartition?.get(offset) ?? 0) - 1
          if (left > 0) ofPartition?.set(offset, left)
          else ofPartition?.delete(offset)
        }
      }
    },
    giveBack(items) {
      for (const item of items) {
        taken.delete(item)
        put(item)
      }
    },
    committable() {
      return new Map(
        [...nextOffset].map(([partition, next]) => {
          // Insertion order is offset order: the first one pending is the least.
          const first = pending.get(partition)?.keys().next()
          return [partition, first === undefined || first.done === true ? next : first.value] as const
        }),
      )
    },
    forget(partition) {
      pending.delete(partition)
      nextOffset.delete(partition)
    },
    oldestMs() {
      let oldest: number | undefined
      for (const { sinceMs } of [...waiting.values(), ...taken]) oldest = Math.min(oldest ?? sinceMs, sinceMs)
      return oldest
    },
  }
}
