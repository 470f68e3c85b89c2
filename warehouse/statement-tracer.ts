import type { ClickHouseClient, createClient } from '@clickhouse/client'
import type { Statement, TraceStatement } from '#contracts/statement-trace.ts'

type Tracer = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['tracer']>
type Span = Parameters<Parameters<Tracer['startActiveSpan']>[2]>[0]

const kinds = /^\s*(SELECT|WITH|INSERT|CREATE|ALTER|DROP|DELETE|TRUNCATE|OPTIMIZE|EXPLAIN|SYSTEM|SHOW)\b/i
const tables = /\b(?:FROM|INTO|TABLE|JOIN)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?([a-z_][a-z0-9_.]{0,63})\b/i
const quoted = /'(?:[^'\\]|\\.|'')*(?:'|$)/gs
/** Names stand near the beginning; lists of ids follow, by the megabyte. */
const looksAtMost = 4_096

/** What a text of SQL does. */
export function statementOf(sql: string): Statement {
  // What stands in quotes is what somebody sent.
  const start = sql.slice(0, looksAtMost).replaceAll(quoted, "''")
  const kind = kinds.exec(start)?.[1]?.toUpperCase() ?? 'OTHER'
  return { kind: kind === 'WITH' ? 'SELECT' : kind, table: tables.exec(start)?.[1] }
}

const nothing: Span = { setAttributes() {}, setStatus() {}, recordException() {}, end() {} }

/**
 * The client's `tracer` option, and a client that tells it which statement comes next: by itself the client says neither kind
 * nor table. What it would add besides (texts of errors, which quote values, and ids) is left out.
 */
export function createStatementTracer(trace: TraceStatement) {
  let next: Statement | undefined

  const tracer: Tracer = {
    startActiveSpan(name, options, run) {
      const table = options.attributes?.['db.collection.name']
      const statement = name === 'clickhouse.insert' ? { kind: 'INSERT', table: textOf(table) } : next
      next = undefined
      // Reading a result is part of whatever reads it.
      const span = statement === undefined ? undefined : trace(statement)
      if (span === undefined) return run(nothing)
      let outcome: 'ok' | 'failed' = 'ok'
      const told: Span = {
        ...nothing,
        recordException() {
          outcome = 'failed'
        },
        end: () => span.end(outcome),
      }
      return span.within(() => run(told))
    },
  }

  return {
    tracer,
    /** The tracer is asked before these methods first wait, so that no other statement can come between. */
    watch(client: ClickHouseClient): ClickHouseClient {
      const { query, command, exec } = client
      const noted =
        <Params extends { readonly query: string }, Result>(method: (params: Params) => Result) =>
        (params: Params): Result => {
          next = statementOf(params.query)
          return method.call(client, params)
        }
      return Object.assign(client, { query: noted(query), command: noted(command), exec: noted(exec) })
    },
  }
}

export type StatementTracer = ReturnType<typeof createStatementTracer>

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
