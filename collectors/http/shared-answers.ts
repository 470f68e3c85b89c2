import type { Clock } from '#contracts/clock.ts'
import { Problem } from './problem.ts'

export interface SharedLimits {
  /** Answers asked for and not yet there. They are drawn from one connection, one after another. */
  readonly maxWaiting: number
  /** How long an answer is given to whoever asks the same. */
  readonly keepMs: number
  readonly maxKept: number
}

export const defaultSharedLimits: SharedLimits = { maxWaiting: 30, keepMs: 3_000, maxKept: 100 }

export interface SharedAnswers {
  /** What is dear to work out, in a line with an end. Throws 503 where too many wait already. */
  inLine<Value>(work: () => Promise<Value>): Promise<Value>
  /** The same, worked out once for everybody who asks it within moments. The key must say whose data it is. */
  shared<Value>(key: readonly unknown[], work: () => Promise<Value>): Promise<Value>
}

interface Kept {
  readonly answer: Promise<unknown>
  /** Undefined: still being worked out. */
  untilMs: number | undefined
}

export function createSharedAnswers(clock: Clock, limits: SharedLimits = defaultSharedLimits): SharedAnswers {
  const kept = new Map<string, Kept>()
  let waiting = 0

  async function inLine<Value>(work: () => Promise<Value>): Promise<Value> {
    if (waiting >= limits.maxWaiting)
      throw new Problem(503, 'too many charts are being drawn: ask again in a moment', { retryAfterSeconds: 2 })
    waiting++
    try {
      return await work()
    } finally {
      waiting--
    }
  }

  /** A clock that was set back must not keep an answer for hours. */
  function isFresh({ untilMs }: Kept): boolean {
    if (untilMs === undefined) return true
    const leftMs = untilMs - clock()
    return leftMs > 0 && leftMs <= limits.keepMs
  }

  function keep(key: string, answer: Promise<unknown>): void {
    const entry: Kept = { answer, untilMs: undefined }
    kept.delete(key)
    kept.set(key, entry)
    const [oldest] = kept.keys()
    if (kept.size > limits.maxKept && oldest !== undefined) kept.delete(oldest)
    answer.then(
      () => {
        entry.untilMs = clock() + limits.keepMs
      },
      // A failure is told to those who waited for it, and to nobody else.
      () => {
        if (kept.get(key) === entry) kept.delete(key)
      },
    )
  }

  return {
    inLine,
    shared<Value>(parts: readonly unknown[], work: () => Promise<Value>): Promise<Value> {
      const key = JSON.stringify(parts)
      const known = kept.get(key)
      if (known !== undefined && isFresh(known)) return known.answer as Promise<Value>
      const answer = inLine(work)
      keep(key, answer)
      return answer
    },
  }
}
