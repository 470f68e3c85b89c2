import type { Logger } from '../logger.ts'

/** Says what may happen many times a second, while a store is down say, without filling the log that is read that night. */
export type RepeatedWarnings = (about: Readonly<Record<string, string>>, message: string, cause?: string) => void

interface Trouble {
  readonly about: Readonly<Record<string, string>>
  readonly message: string
  readonly sinceMs: number
  toldMs: number
  lastMs: number
  times: number
}

export interface RepeatedWarningsParts {
  readonly logger: Pick<Logger, 'warn' | 'info'>
  /** Milliseconds since some moment, which no setting of the clock moves. */
  readonly monotonic?: () => number
}

const tellEveryMs = 30_000
// Longer than a minute, which stores that refuse are left alone between two tries (sinks/shared/judge.ts).
const overAfterMs = 120_000
const lookEveryMs = 10_000
/** What is named after them is a bounded set; should it not be, the longest known is forgotten. */
const mostTroubles = 200

/** The first time is told at once, then how often every 30 s, and once that it is over. */
export function createRepeatedWarnings({
  logger,
  monotonic = () => performance.now(),
}: RepeatedWarningsParts): RepeatedWarnings {
  const troubles = new Map<string, Trouble>()
  let looking: NodeJS.Timeout | undefined

  function look(): void {
    for (const [key, { about, message, sinceMs, lastMs, times }] of troubles) {
      if (monotonic() - lastMs < overAfterMs) continue
      troubles.delete(key)
      logger.info(
        { ...about, was: message, times, seconds: secondsOf(lastMs - sinceMs) },
        'over: two minutes without it',
      )
    }
    if (troubles.size > 0) return
    clearInterval(looking)
    looking = undefined
  }

  return function warn(about, message, cause) {
    const nowMs = monotonic()
    const key = JSON.stringify([message, about])
    const said = cause === undefined ? about : { ...about, cause }
    const known = troubles.get(key)
    if (known === undefined) {
      const [longest] = troubles.size < mostTroubles ? [] : troubles.keys()
      if (longest !== undefined) troubles.delete(longest)
      troubles.set(key, { about, message, sinceMs: nowMs, toldMs: nowMs, lastMs: nowMs, times: 1 })
      // Holds no process back that has ended otherwise.
      looking ??= setInterval(look, lookEveryMs).unref()
      return logger.warn(said, message)
    }
    known.lastMs = nowMs
    known.times += 1
    if (nowMs - known.toldMs < tellEveryMs) return
    known.toldMs = nowMs
    logger.warn({ ...said, times: known.times, seconds: secondsOf(nowMs - known.sinceMs) }, message)
  }
}

const secondsOf = (ms: number): number => Math.round(ms / 1_000)
