import type { EpochMs } from './call-record.ts'

/** A stretch of the log's time in which no worker of this install was reading what came as it came. */
export interface BlindTime {
  readonly pipeline: string
  readonly fromMs: EpochMs
  readonly untilMs: EpochMs
}

/** At this moment of the log's time a worker's pipeline was reading what came as it came. */
export interface Heartbeat {
  readonly pipeline: string
  readonly atMs: EpochMs
  readonly worker: string
}

export interface HeartbeatStore {
  /** Safe to repeat. */
  write(beats: readonly Heartbeat[]): Promise<void>
  /** The last moment at which each pipeline was looking, whichever worker ran it. */
  last(): Promise<ReadonlyMap<string, EpochMs>>
}

/** Beats are written this often, */
export const beatEveryMs = 10_000
/** and who was silent for longer than this was not looking: two beats may be late, a third is missing. */
export const blindAfterMs = 30_000
