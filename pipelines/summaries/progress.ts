/** Whether calls that wait come to an end at all. */
export interface Progress {
  /** A call was computed, or given up. */
  ended(): void
  /**
   * What waits now, and the age of the oldest of it. Returns for how long none has come to its end although they have waited,
   * milliseconds; 0: none has waited for longer than is meant.
   */
  look(waiting: number, oldestAgeMs: number): number
}

/**
 * Running figures are put off by some seconds, and what is read late by two minutes at most (docs/decisions/0017): until the
 * oldest has waited for longer, nothing need have been computed.
 */
const putOffMs = 30_000

/** By a steady clock. A backlog that is worked off stands still never, however long it is and however old. */
export function createProgress(ticks: () => number): Progress {
  let movedAt = ticks()
  return {
    ended() {
      movedAt = ticks()
    },
    look(waiting, oldestAgeMs) {
      const now = ticks()
      if (waiting === 0 || oldestAgeMs < putOffMs) movedAt = now
      return now - movedAt
    },
  }
}
