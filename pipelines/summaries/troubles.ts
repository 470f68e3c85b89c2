import { type MemberKey, memberText } from '#contracts/summaries.ts'

/** A call that has failed this often, while others went well, is the fault itself. */
const patience = 3

/** Calls whose failures are remembered. Beyond, the first are forgotten, and fail three times more. */
const maxCalls = 10_000

/**
 * Counts failures that may pass with time (a query over its memory or its time) by call. While nothing succeeds the store
 * is down, and no call is to blame.
 */
export function createTroubles() {
  const failures = new Map<string, { count: number; readonly since: number }>()
  let successes = 0

  return {
    /** Notes one more failure of these calls together; true when some of them must be to blame. */
    isHopeless(members: readonly MemberKey[]): boolean {
      let hopeless = false
      for (const member of members) {
        const key = memberText(member)
        const known = failures.get(key) ?? { count: 0, since: successes }
        known.count += 1
        failures.set(key, known)
        if (known.count >= patience && (members.length > 1 || successes > known.since)) hopeless = true
      }
      for (const key of failures.keys()) {
        if (failures.size <= maxCalls) break
        failures.delete(key)
      }
      return hopeless
    },
    /** These went well. */
    forget(members: readonly MemberKey[]): void {
      successes += 1
      for (const member of members) failures.delete(memberText(member))
    },
  }
}
