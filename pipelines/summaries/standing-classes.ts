import type { CallClass } from '#contracts/call-record.ts'
import { type CallRow, type MemberKey, memberText } from '#contracts/summaries.ts'

const ranks: Readonly<Record<CallClass, 0 | 1 | 2>> = { good: 0, unclassified: 0, degraded: 1, poor: 2 }

/** Calls whose class is remembered. A forgotten one counts as good: its next bad sample is shown at once, which costs one recompute. */
const maxCalls = 200_000

/** Class of the records written last, so that a bad sample of a call already known to be bad presses nobody. */
export function createStandingClasses() {
  const classes = new Map<string, 0 | 1 | 2>()
  return {
    of: (member: MemberKey): 0 | 1 | 2 | undefined => classes.get(memberText(member)),
    note(rows: readonly CallRow[]) {
      for (const { record } of rows) {
        for (const id of record.correlationIds) {
          const key = memberText({ tenant: record.tenant, id })
          classes.delete(key)
          if (record.state !== 'settled') classes.set(key, ranks[record.verdict.class])
        }
      }
      for (const key of classes.keys()) {
        if (classes.size <= maxCalls) break
        classes.delete(key)
      }
    },
  }
}
