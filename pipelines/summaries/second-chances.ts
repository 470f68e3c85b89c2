import type { Change } from '#contracts/changes.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { type MemberKey, memberText } from '#contracts/summaries.ts'
import { announcements } from '../announce.ts'
import { mergeChanges } from '../batch.ts'

/** Calls that wait for another try. Beyond, those given up have their dead letter alone. */
const maxCalls = 10_000

interface Chance {
  readonly change: Change
  readonly tries: number
  /** By the steady clock; undefined: announced again, and not heard of since. */
  readonly atMs: number | undefined
}

/**
 * Calls that were given up for what may pass with time: a warehouse that was slow, or had no memory left. Each is announced
 * again by itself, a few times and ever later. What is remembered here goes with the process; the dead letter stays.
 */
export function createSecondChances(delaysMs: readonly number[]) {
  const chances = new Map<string, Chance>()

  return {
    /** Given up: plans another try, while there are some left. */
    note(change: Change, nowMs: number): void {
      const key = memberText(change)
      const known = chances.get(key)
      if (known?.atMs !== undefined) {
        // What was given up before is not made yet, whatever has been announced since.
        chances.set(key, { ...known, change: mergeChanges(known.change, change) })
        return
      }
      const tries = known?.tries ?? 0
      const delayMs = delaysMs[tries]
      chances.delete(key)
      if (delayMs === undefined || chances.size >= maxCalls) return
      chances.set(key, { change, tries: tries + 1, atMs: nowMs + delayMs })
    },
    /** Announces those whose time has come. */
    async announce(log: Pick<EventLog, 'append'>, nowMs: number): Promise<void> {
      const due = [...chances].filter(([, { atMs }]) => atMs !== undefined && atMs <= nowMs)
      if (due.length === 0) return
      await log.append(announcements(due.map(([, { change }]) => change)))
      for (const [key, chance] of due) chances.set(key, { ...chance, atMs: undefined })
    },
    /** These went well. One that waits still has minutes that were given up with it, and comes again. */
    forget(members: readonly MemberKey[]): void {
      if (chances.size === 0) return
      for (const member of members) {
        const key = memberText(member)
        if (chances.get(key)?.atMs === undefined) chances.delete(key)
      }
    },
  }
}
