import type { CallClass } from '#contracts/call-record.ts'
import { type MemberKey, memberText } from '#contracts/summaries.ts'
import type { Draft } from './fold-components.ts'

const ranks: Readonly<Record<CallClass, 0 | 1 | 2>> = { good: 0, unclassified: 0, degraded: 1, poor: 2 }

/** What is remembered of the record written last of a call. */
export interface Standing {
  /** Its class: 0 good, 1 degraded, 2 poor. */
  readonly rank: 0 | 1 | 2
  /** Bad time after it before its class may be worse, milliseconds. */
  readonly worseAfterMs: number
}

/** Calls of which it is remembered. One forgotten is looked at after two bad seconds, which costs one recompute. */
const maxCalls = 200_000

/** How the records written last stand, so that a bad sample that can make no class worse presses nobody. */
export function createStandingClasses() {
  const classes = new Map<string, Standing>()
  return {
    of: (member: MemberKey): Standing | undefined => classes.get(memberText(member)),
    note(rows: readonly Draft[]) {
      for (const { record, worseAfterMs } of rows) {
        for (const id of record.correlationIds) {
          const key = memberText({ tenant: record.tenant, id })
          classes.delete(key)
          if (record.state !== 'settled') classes.set(key, { rank: ranks[record.verdict.class], worseAfterMs })
        }
      }
      for (const key of classes.keys()) {
        if (classes.size <= maxCalls) break
        classes.delete(key)
      }
    },
  }
}
