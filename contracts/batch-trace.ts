import type { Polled } from './event-log.ts'

/** What a pipeline does with a batch, in this order. A closed set: spans are named by it. */
export type BatchStage = 'decode' | 'deliver' | 'announce' | 'commit'

/** The way of one batch through a pipeline, for the operator's traces. Nothing here throws of its own. */
export interface BatchTrace {
  /** Runs one stage. What it does, and what it logs, belongs to it. */
  stage<T>(name: BatchStage, run: () => Promise<T>): Promise<T>
  /** Called once, when the batch is committed. */
  end(sizes: { readonly rows: number; readonly parked: number }): void
}

/** Begins the trace of a batch that took `pollMs` to read. Called once per batch, never per message. */
export type TraceBatch = (pipeline: string, polled: Polled, pollMs: number) => BatchTrace

/** For whoever looks at no traces. */
export const untraced: BatchTrace = { stage: (_name, run) => run(), end() {} }

/** Runs the recompute of so many calls as a trace of its own: what it asks of the warehouse, and logs, belongs to it. */
export type TraceRecompute = <T>(calls: number, run: () => Promise<T>) => Promise<T>
