import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type { SqlConsole } from '#contracts/warehouse.ts'
import { guardSql } from './sql-guard.ts'

export interface SqlLimits {
  readonly timeoutMs: number
  readonly memoryBytes: number
  readonly rowsMax: number
}

export interface SqlConsoleParts {
  /** A connection for this console alone. */
  readonly client: ClickHouseClient
  /**
   * How it is confined. `connection`: the embedded engine's, made read-only for good. `request`: a server forgets a session
   * that rests for a minute, so every request says anew what it may not do.
   */
  readonly confine: 'connection' | 'request'
  /** Any connection, for parse trees only: EXPLAIN within a SELECT is refused on a read-only one. */
  readonly explainer: Pick<ClickHouseClient, 'query'>
  readonly limits: SqlLimits
}

/** Most bytes of one result: it is held in memory once, and sent. */
const resultBytesMax = 64 * 1_048_576

/** Why a query was not run, or did not end well. For people; the caller's fault, not ours. */
export class SqlRefused extends Error {
  readonly statusCode = 400
  constructor(message: string) {
    super(message)
    this.name = 'SqlRefused'
  }
}

type SqlResult = Awaited<ReturnType<SqlConsole['query']>>

interface CompactResult {
  readonly meta: readonly { readonly name: string }[]
  readonly data: readonly (readonly unknown[])[]
}

/** Most queries waiting for their turn: each holds an administrator's request open. */
const maxWaiting = 8

/** Administrators' free look at the warehouse: one guarded SELECT at a time, bounded in time, memory and size. */
export function createSqlConsole({ client, confine, explainer, limits }: SqlConsoleParts): SqlConsole {
  let confined: Promise<void> | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let known: ReadonlySet<string> | undefined

  /** Asked once: an engine learns no functions while it runs, and the console can teach it none. */
  async function functions(): Promise<ReadonlySet<string>> {
    known ??= await functionsOf(explainer)
    return known
  }

  async function answer(sql: string): Promise<SqlResult> {
    if (confine === 'connection') {
      confined ??= confineConnection(client, limits)
      await confined
    }
    const { meta, data } = await runBounded(client, sql, confine === 'request' ? confinement(limits) : {})
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
  }
}

const confinement = ({ timeoutMs, memoryBytes, rowsMax }: SqlLimits): ClickHouseSettings => ({
  max_execution_time: timeoutMs / 1_000,
  timeout_overflow_mode: 'throw',
  max_memory_usage: String(memoryBytes),
  // One more than is shown, so that "there is more" is known. Blocks are cut at their end, hence the small ones.
  max_result_rows: String(rowsMax + 1),
  max_result_bytes: String(resultBytesMax),
  result_overflow_mode: 'break',
  max_block_size: '8192',
  max_threads: 2,
  max_ast_depth: '200',
  max_query_size: '262144',
  session_timezone: 'UTC',
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 1,
  allow_ddl: 0,
  allow_introspection_functions: 0,
  readonly: '1',
})

/**
 * Settings of the embedded engine last as long as the connection, and `readonly` cannot be taken back: set last, it
 * holds for every query after it, whatever the query says.
 */
async function confineConnection(client: ClickHouseClient, limits: SqlLimits): Promise<void> {
  const { readonly, allow_ddl, allow_introspection_functions, ...rest } = confinement(limits)
  const text = (settings: object): string =>
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${/^\d/.test(String(value)) ? value : `'${value}'`}`)
      .join(', ')
  await client.command({ query: `SET ${text(rest)}` })
  await client.command({ query: `SET ${text({ allow_ddl, allow_introspection_functions })}` })
  await client.command({ query: `SET ${text({ readonly })}` })
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

async function runBounded(
  client: ClickHouseClient,
  query: string,
  clickhouse_settings: ClickHouseSettings,
): Promise<CompactResult> {
  try {
    const result = await client.query({ query, format: 'JSONCompact', clickhouse_settings })
    return JSON.parse(await result.text()) as CompactResult
  } catch (error) {
    const why = error instanceof SyntaxError ? 'its result could not be read' : (error as Error).message
    throw new SqlRefused(`the query failed: ${why}`)
  }
}
