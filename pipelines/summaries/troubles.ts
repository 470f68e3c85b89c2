import { isUnavailable } from '#contracts/errors.ts'
import { type MemberKey, memberText } from '#contracts/summaries.ts'
import { BudgetExceeded } from './budget.ts'

/** A call that has failed this often, while others went well, is the fault itself. */
const patience = 3

/**
 * A replica that is away fails every other try, whosever turn it is. But a call whose computing ends the server, each time
 * anew, looks just like that, and shall not do so for ever.
 */
const patienceWithStores = 40

/**
 * A call alone that fails so often, while nothing else is tried that could go well: some ten seconds. Giving it up writes to
 * the same stores, and so waits for those that take nothing at all.
 */
const patienceAlone = 20

/** Calls whose failures are remembered. Beyond, the first are forgotten, and fail three times more. */
const maxCalls = 10_000

/**
 * Counts failures that may pass with time (a query over its memory or its time) by call. While nothing succeeds the store
 * is down, and no call is to blame.
 */
export function createTroubles() {
  const failures = new Map<string, { count: number; readonly since: number; last: number }>()
  const suspects = new Set<string>()
  let successes = 0

  return {
    /** Notes one more failure of these calls together; true when some of them must be to blame. */
    isHopeless(members: readonly MemberKey[], cause: Error): boolean {
      // Trying a batch again that has used up its time would use it up again.
      const away = isUnavailable(cause)
      const enough = cause instanceof BudgetExceeded ? 1 : away ? patienceWithStores : patience
      let hopeless = false
      for (const member of members) {
        const key = memberText(member)
        const known = failures.get(key) ?? { count: 0, since: successes, last: -1 }
        // Nothing has gone well since: it is the store's failure of before, and not one more of the call.
        if (!away || successes > known.last) known.count += 1
        known.last = successes
        failures.set(key, known)
        if (known.count >= enough && (members.length > 1 || successes > known.since)) hopeless = true
        if (!away && known.count >= patienceAlone) hopeless = true
      }
      for (const key of failures.keys()) {
        if (failures.size <= maxCalls) break
        failures.delete(key)
      }
      return hopeless
    },
    /** Given up: when it is announced again, no other call has to wait for it to fail. */
    suspect(member: MemberKey): void {
      if (suspects.size < maxCalls) suspects.add(memberText(member))
    },
    isSuspect: (member: MemberKey): boolean => suspects.has(memberText(member)),
    /** These went well. */
    forget(members: readonly MemberKey[]): void {
      successes += 1
      for (const member of members) {
        failures.delete(memberText(member))
        suspects.delete(memberText(member))
      }
    },
  }
}
