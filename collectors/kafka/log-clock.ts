import type { Clock } from '#contracts/clock.ts'

/** The log's present time as far as this process can know it. All epoch milliseconds, and never falling. */
export interface LogClock {
  /** A broker stamped something with this time, and its answer is here now: it is at least this late there. */
  learn(logTimeMs: number): void
  /** The log's time at a moment of the monotonic clock, which is not after now. */
  at(monotonicMs: number): number
  monotonic(): number
}

export interface LogClockParts {
  /** Used until something was learnt. */
  readonly clock: Clock
  /** Milliseconds since some moment; never set by anybody. */
  readonly monotonic: () => number
}

// Quartz of two machines parts by less than 100 ppm: 60 ms in ten minutes.
const windowMs = 300_000

/**
 * Follows the brokers' clock by the monotonic one: what a broker has stamped is never later than its present, so the
 * greatest lead seen lately is right but for the way of an answer. A jump of this machine's wall clock moves nothing.
 */
export function createLogClock({ clock, monotonic }: LogClockParts): LogClock {
  const assumed = clock() - monotonic()
  let lead: number | undefined
  let leadBefore: number | undefined
  let windowEnds = 0

  function present(): number {
    if (lead === undefined) return leadBefore ?? assumed
    return leadBefore === undefined ? lead : Math.max(lead, leadBefore)
  }

  return {
    monotonic,
    learn(logTimeMs) {
      const now = monotonic()
      if (now >= windowEnds) {
        leadBefore = lead
        lead = undefined
        windowEnds = now + windowMs
      }
      lead = Math.max(lead ?? Number.NEGATIVE_INFINITY, logTimeMs - now)
    },
    at: (monotonicMs) => Math.floor(present() + monotonicMs),
  }
}
