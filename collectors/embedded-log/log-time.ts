import { believedAheadMs, type Clock } from '#contracts/clock.ts'
import type { LogFile } from './log-file.ts'

/** The log's own time: it follows the clock, over restarts too, and steps back only from a time that was never now. */
export interface LogTime {
  now(): number
  /** Milliseconds this log has been in use, over all its processes. Stands still while none runs. */
  runningMs(): number
  /** The present, if what was taken lately was stamped with a time too far ahead of it to have been true. */
  wrongSince(): number | undefined
  /** Goes on from the present. What is stamped later must have been put right before. */
  stepBack(): void
  /**
   * Whether records may be deleted for their age. Not in the first day of use after time has jumped by more than a day: a
   * clock that is a year ahead would delete all there is, and a log that was out of use can wait.
   */
  mayDelete(): boolean
  /** For the next process. */
  readonly state: () => LogTimeState
}

export interface LogTimeState {
  readonly logTimeMs: number
  readonly runningMs: number
  /** Running time until which nothing is deleted, and for how long a jump that is. */
  readonly keepsUntilMs: number
  readonly jumpMs: number
}

// A longer silence means that the machine slept, or that the clock was set: not time in which anything ran.
const longestSilenceMs = 60_000

/** Time that is not lived through but jumped: so much less is kept than was promised, should the jump be wrong. */
const longestJumpMs = 86_400_000

/** Long enough for people to see that a clock is wrong. */
const keptAfterJumpMs = 86_400_000

export function createLogTime(clock: Clock, last: Partial<LogTimeState>): LogTime {
  let lastMs = last.logTimeMs ?? 0
  let runningMs = last.runningMs ?? 0
  let keepsUntilMs = last.keepsUntilMs ?? 0
  let jumpMs = last.jumpMs ?? 0
  let seenMs: number | undefined

  function look(): number {
    const clockMs = Math.floor(clock())
    if (seenMs !== undefined) runningMs += Math.min(Math.max(clockMs - seenMs, 0), longestSilenceMs)
    seenMs = clockMs
    return clockMs
  }

  function now(): number {
    const clockMs = look()
    // A log that was never used has nothing to lose.
    if (lastMs > 0 && clockMs - lastMs > longestJumpMs) jump(clockMs - lastMs)
    lastMs = Math.max(lastMs, clockMs)
    return lastMs
  }

  /** A pause every weekend must not put off deletion for ever: only a longer jump than the one that is waited for counts. */
  function jump(byMs: number): void {
    if (runningMs < keepsUntilMs && byMs <= jumpMs) return
    jumpMs = byMs
    keepsUntilMs = runningMs + keptAfterJumpMs
  }

  return {
    now,
    runningMs() {
      now()
      return runningMs
    },
    wrongSince() {
      const clockMs = look()
      return lastMs - clockMs > believedAheadMs ? clockMs : undefined
    },
    stepBack() {
      lastMs = look()
    },
    mayDelete() {
      now()
      return runningMs >= keepsUntilMs
    },
    state: () => ({ logTimeMs: now(), runningMs, keepsUntilMs, jumpMs }),
  }
}

export function noteTimes(file: LogFile, { logTimeMs, runningMs, keepsUntilMs, jumpMs }: LogTimeState): void {
  file.setMeta('last_log_time_ms', logTimeMs)
  file.setMeta('running_ms', runningMs)
  file.setMeta('keeps_until_running_ms', keepsUntilMs)
  file.setMeta('jump_ms', jumpMs)
}
