/** Whether records of calls are made at all, as readiness tells it. */
export interface RecordHealth {
  /** For so long no call has come to its end, milliseconds, though so many wait (see pipelines/summaries/progress.ts). */
  look(stalledMs: number, waiting: number): void
  /** `ok`, or in words what stands still and what to do. */
  state(): string
}

/**
 * What is read late waits two minutes at most, and the largest recompute has a budget of one by itself: nothing that is only
 * slow, or only much, leaves a process without one finished call for so long.
 */
export const longestStandstillMs = 180_000

/** `ticks`: a steady clock, milliseconds. A process that computes no calls is never asked to look, and has nothing to tell. */
export function createRecordHealth(ticks: () => number): RecordHealth {
  let last: { readonly atMs: number; readonly stalledMs: number; readonly waiting: number } | undefined
  return {
    look(stalledMs, waiting) {
      last = { atMs: ticks(), stalledMs, waiting }
    },
    state() {
      if (last === undefined) return 'ok'
      const { atMs, stalledMs, waiting } = last
      // Where nothing looks any more either, the pipeline itself is stuck.
      const forMs = stalledMs + ticks() - atMs
      if (forMs < longestStandstillMs) return 'ok'
      const seconds = Math.floor(forMs / 1_000)
      return `records stand still for ${seconds} s, and ${waiting} calls wait: mend what the log complains of ("a store did not take what it was given"); where it complains of nothing, restart this process and report it`
    },
  }
}
