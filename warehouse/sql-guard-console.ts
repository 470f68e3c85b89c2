import type { ClickHouseClient } from '@clickhouse/client'
import type { SqlConsole } from '#contracts/warehouse.ts'
import { type CompactResult, type SqlLimits, SqlRefused, type SqlRunner } from './sql-confined.ts'
import { guardSql } from './sql-guard.ts'

export interface SqlConsoleParts {
  readonly runner: SqlRunner
  /** Any connection, for parse trees only: EXPLAIN within a SELECT is refused on a read-only one. */
  readonly explainer: Pick<ClickHouseClient, 'query'>
  readonly limits: Pick<SqlLimits, 'rowsMax'>
}

/** Ends with the process: a query that runs is then ended, too. */
export interface OpenSqlConsole extends SqlConsole {
  close(): Promise<void>
}

type SqlResult = Awaited<ReturnType<SqlConsole['query']>>

/** Most queries waiting for their turn: each holds an administrator's request open. */
const maxWaiting = 8

/** Administrators' free look at the warehouse: one guarded SELECT at a time, bounded in time, memory and size. */
export function createSqlConsole({ runner, explainer, limits }: SqlConsoleParts): OpenSqlConsole {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let known: ReadonlySet<string> | undefined

  /** Asked once: an engine learns no functions while it runs, and the console can teach it none. */
  async function functions(): Promise<ReadonlySet<string>> {
    known ??= await functionsOf(explainer)
    return known
  }

  async function answer(sql: string): Promise<SqlResult> {
    const { meta, data } = await runner.run(sql)
    const rows = data.slice(0, limits.rowsMax)
    return { columns: meta.map(({ name }) => name), rows, truncated: data.length > limits.rowsMax }
  }

  return {
    async query(text) {
      const guarded = await guardSql(text, { explain: (select) => explainAst(explainer, select), functions })
      if (guarded.type === 'refused') throw new SqlRefused(guarded.detail)
      if (waiting >= maxWaiting) throw new SqlRefused('too many queries are waiting: send it again later')
      waiting++
      const mine = last.then(() => answer(guarded.sql))
      last = mine.catch(() => undefined).finally(() => waiting--)
      return mine
    },
    close: () => runner.close(),
  }
}

async function functionsOf(client: SqlConsoleParts['explainer']): Promise<ReadonlySet<string>> {
  const result = await client.query({ query: 'SELECT lower(name) FROM system.functions', format: 'JSONCompact' })
  const { data } = (await result.json()) as unknown as CompactResult
  return new Set(data.map(([name]) => String(name)))
}

async function explainAst(client: SqlConsoleParts['explainer'], select: string): Promise<readonly string[]> {
  const result = await client.query({ query: `SELECT explain FROM (EXPLAIN AST ${select})`, format: 'JSONCompact' })
  const { data } = (await result.json()) as unknown as CompactResult
  return data.map(([line]) => String(line))
}
