/** What a statement does, without anything that it says: no text, no value. */
export interface Statement {
  /** `SELECT`, `INSERT`, `CREATE` …, or `OTHER`. */
  readonly kind: string
  /** The first table that it names. */
  readonly table: string | undefined
}

export interface StatementSpan {
  /** Runs what belongs to the statement. */
  within<T>(run: () => T): T
  end(outcome: 'ok' | 'failed'): void
}

/** Begins the span of a statement; undefined where nobody wants one. */
export type TraceStatement = (statement: Statement) => StatementSpan | undefined
