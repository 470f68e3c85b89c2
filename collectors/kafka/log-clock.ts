import { believedAheadMs, type Clock } from '#contracts/clock.ts'

/** The log's present time as far as this process can know it. All epoch milliseconds. */
export interface LogClock {
  /** A broker stamped something with this time, and its answer is here now: it is at least this late there. */
  learn(logTimeMs: number): void
  /** The log's time at a moment of the monotonic clock, which is not after now. */
  at(monotonicMs: number): number
  monotonic(): number
  /** How far ahead of that a broker stamps that is not believed, milliseconds; 0: all are believed. */
  aheadMs(): number
}

export interface LogClockParts {
  /** Used until something was learnt, and asked who is right where a broker's clock jumps. */
  readonly clock: Clock
  /** Milliseconds since some moment; never set by anybody. */
  readonly monotonic: () => number
}

// Quartz of two machines parts by less than 100 ppm: 60 ms in ten minutes.
const windowMs = 300_000

/** A broker that goes on stamping so is right after all: longer than NTP needs to correct its own mistake. */
const believedAfterMs = 30 * 60_000

/**
 * Follows the brokers' clock by the monotonic one: what a broker has stamped is never later than its present, so the
 * greatest lead seen lately is right but for the way of an answer. A jump of this machine's wall clock moves nothing. A broker
 * whose clock jumps ahead is not believed, unless this machine's clock says the same, or it goes on so: of several brokers
 * the one that is wrong would have every open call settle.
 */
export function createLogClock({ clock, monotonic }: LogClockParts): LogClock {
  const assumed = clock() - monotonic()
  let lead: number | undefined
  let leadBefore: number | undefined
  let windowEnds = 0
  let doubted: { readonly aheadMs: number; readonly since: number; readonly last: number } | undefined

  function present(): number {
    if (lead === undefined) return leadBefore ?? assumed
    return leadBefore === undefined ? lead : Math.max(lead, leadBefore)
  }

  function isDoubtful(logTimeMs: number, now: number): boolean {
    const aheadMs = logTimeMs - now - present()
    const isFirst = lead === undefined && leadBefore === undefined
    if (isFirst || aheadMs <= believedAheadMs || Math.abs(clock() - logTimeMs) <= believedAheadMs) return false
    const since = doubtIn(now)?.since ?? now
    doubted = { aheadMs, since, last: now }
    return now - since < believedAfterMs
  }

  /** Over where no broker has stamped so for a while. */
  function doubtIn(now: number): typeof doubted {
    if (doubted !== undefined && now - doubted.last > windowMs) doubted = undefined
    return doubted
  }

  return {
    monotonic,
    learn(logTimeMs) {
      const now = monotonic()
      if (isDoubtful(logTimeMs, now)) return
      if (logTimeMs - now - present() > believedAheadMs) doubted = undefined
      if (now >= windowEnds) {
        leadBefore = lead
        lead = undefined
        windowEnds = now + windowMs
      }
      lead = Math.max(lead ?? Number.NEGATIVE_INFINITY, logTimeMs - now)
    },
    at: (monotonicMs) => Math.floor(present() + monotonicMs),
    aheadMs: () => doubtIn(monotonic())?.aheadMs ?? 0,
  }
}
