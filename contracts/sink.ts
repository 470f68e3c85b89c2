/** What became of a delivered batch. */
export type Delivery<Row> =
  | { readonly type: 'delivered' }
  /** Nothing may be assumed stored; the same rows come again after `afterMs`. */
  | { readonly type: 'retry'; readonly afterMs: number; readonly cause: Error }
  /**
   * These rows can never be stored; all others are. A store that refuses very many names a bounded sample of them, and
   * counts all by reason: each would become a dead letter with its whole message.
   */
  | { readonly type: 'refused'; readonly rows: readonly { readonly row: Row; readonly detail: string }[] }

export interface Sink<Row> {
  readonly name: string
  /**
   * Deliver one batch. Called again with the same rows after `retry`, and after a crash, so it must be
   * safe to repeat. Never called concurrently. Expected failures are returned; a throw stops the process.
   */
  deliver(rows: readonly Row[], deadline: AbortSignal): Promise<Delivery<Row>>
  /** Release everything. Called once, after the last `deliver` has settled. */
  close(): Promise<void>
}

/** One request to a store that has ended. */
export interface SinkRequest {
  readonly sink: string
  /** Table, or what the store has of the kind; one of a closed set, because it is a label. */
  readonly table: string
  readonly rows: number
  /** Before compression. */
  readonly bytes: number
  readonly seconds: number
  readonly outcome: 'stored' | 'failed'
}
export type ObserveSink = (request: SinkRequest) => void
