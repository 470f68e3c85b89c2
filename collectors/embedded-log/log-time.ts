import type { Clock } from '#contracts/clock.ts'

/** The log's own time: it follows the clock but never steps back, not even over a restart. */
export interface LogTime {
  now(): number
  /** Milliseconds this log has been in use, over all its processes. Stands still while none runs. */
  runningMs(): number
}

// A longer silence means that the machine slept, or that the clock was set: not time in which anything ran.
const longestSilenceMs = 60_000

export function createLogTime(clock: Clock, last: { logTimeMs: number; runningMs: number }): LogTime {
  let lastMs = last.logTimeMs
  let runningMs = last.runningMs
  let seenMs: number | undefined

  function now(): number {
    const clockMs = Math.floor(clock())
    if (seenMs !== undefined) runningMs += Math.min(Math.max(clockMs - seenMs, 0), longestSilenceMs)
    seenMs = clockMs
    lastMs = Math.max(lastMs, clockMs)
    return lastMs
  }

  return {
    now,
    runningMs() {
      now()
      return runningMs
    },
  }
}
