import { type KafkaTrouble, willPass } from './trouble.ts'

/** How long a member goes on after its consumer has ended, and how soon it tries again. */
export interface Patience {
  /** A consumer has ended after living for so long. `give_up`: it has crashed too often for a reason that nobody ends. */
  ended(what: KafkaTrouble, livedMs: number): 'give_up' | { readonly waitMs: number }
}

const mostCrashes = 10
// A consumer that lived this long has worked; the crashes before were another story.
const workedMs = 60_000
const firstWaitMs = 250
const longestWaitMs = 10_000

export function createPatience(): Patience {
  let ends = 0
  let crashes = 0

  return {
    ended(what, livedMs) {
      if (livedMs > workedMs) {
        ends = 0
        crashes = 0
      }
      ends += 1
      if (!willPass(what)) crashes += 1
      if (crashes >= mostCrashes) return 'give_up'
      return { waitMs: Math.min(firstWaitMs * 2 ** (ends - 1), longestWaitMs) }
    },
  }
}
