import type { Waiting } from './backlog.ts'
import { type DealParts, dealWith, type Shift } from './deal-with.ts'
import type { RecomputeParts } from './recompute.ts'

export interface LaneParts extends DealParts {
  /** Calls of a full batch; after a smaller one the lane rests, so that more come together. */
  readonly batch: number
  /** From the start of a smaller batch until the next. */
  readonly cycleMs: number
}

/** After a batch: until its cycle is over, if it was not full; or as long as it took, so that others have half of the time. */
export type Rest = 'cycle' | 'as long'

const longestRestMs = 4_000

/** Recomputes one batch of calls at a time, beside what other lanes do. */
export interface Lane {
  /** Neither at work nor resting after a small batch. Throws what has stopped it for good. */
  isFree(): boolean
  isAtWork(): boolean
  /** Begins with these calls, all of which it owes an end: done, given back, or given up. Only when free. */
  start(taken: readonly Waiting[], shift: Shift, rest?: Rest): void
  /** Waits for the end of what is at work. Throws what has stopped it for good. */
  settled(): Promise<void>
}

export function createLane(parts: LaneParts): Lane {
  let working: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let restsUntil = 0

  async function run(taken: readonly Waiting[], shift: Shift, rest: Rest): Promise<void> {
    const startedAt = performance.now()
    await dealWith(taken, { ...parts, ...shift, startedAt })
    const tookMs = performance.now() - startedAt
    if (rest === 'as long') restsUntil = startedAt + tookMs + Math.min(longestRestMs, tookMs)
    else if (taken.length < parts.batch) restsUntil = startedAt + parts.cycleMs
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error
  }

  return {
    isFree() {
      throwFailure()
      return working === undefined && performance.now() >= restsUntil
    },
    isAtWork: () => working !== undefined,
    start(taken, shift, rest = 'cycle') {
      if (taken.length === 0) return
      working = run(taken, shift, rest)
        .catch((error: unknown) => {
          failure = { error }
        })
        .finally(() => {
          working = undefined
        })
    },
    async settled() {
      await working
      throwFailure()
    },
  }
}

/** Both lanes of a member. */
export interface Lanes {
  /** Gives work to those that are free. Throws what has stopped one for good. */
  start(shift: Shift): void
  /** Waits for the end of what is at work in both, and then throws what has stopped one for good. */
  settled(): Promise<void>
}

export interface LanesParts extends DealParts {
  /** The parts of a recompute on another connection, for the lane of running figures. */
  readonly beside: RecomputeParts
}

/**
 * Two lanes, so that an ended call does not wait for thousands of open ones: one takes what presses, in small batches, the
 * other running figures. Where both compute one call, the protocol of two owners holds between them as between processes.
 */
export function createLanes(parts: LanesParts): Lanes {
  const { backlog, limits, beside } = parts
  const { callsPerPressing, callsPerRecompute, cycleMs } = limits
  const pressing = createLane({ ...parts, batch: callsPerPressing, cycleMs })
  // The first lane takes what is ripe as well; where that is enough, a second would only cost its dozen queries.
  const running = createLane({ ...parts, recompute: beside, batch: callsPerRecompute, cycleMs: 3 * cycleMs })
  return {
    start(shift) {
      if (pressing.isFree()) pressing.start(backlog.take(shift.logNowMs, callsPerPressing), shift)
      if (!running.isFree()) return
      const taken = backlog.takeRipe(shift.logNowMs, callsPerRecompute, pressing.isAtWork())
      running.start(taken, shift, backlog.isContended ? 'as long' : 'cycle')
    },
    async settled() {
      const ends = await Promise.allSettled([pressing.settled(), running.settled()])
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  }
}
