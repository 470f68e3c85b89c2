import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'

/** What one query of the console may cost. */
export interface SqlLimits {
  readonly timeoutMs: number
  readonly memoryBytes: number
  readonly rowsMax: number
}

/** A result as the engine writes it, in its format JSONCompact. */
export interface CompactResult {
  readonly meta: readonly { readonly name: string }[]
  readonly data: readonly (readonly unknown[])[]
}

/** Runs guarded SELECTs, one at a time, and ends what passes its limits. */
export interface SqlRunner {
  /** Rejects with SqlRefused when the query is to blame, with another error when it is not. */
  run(sql: string): Promise<CompactResult>
  /** Ends what runs. Nothing is run afterwards. */
  close(): Promise<void>
}

/** Why a query was not run, or did not end well. For people; the caller's fault, not the program's. */
/** A value as one line of JSON. Node reads U+2028 and U+2029 as ends of lines, and JSON leaves them as they are. */
export const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`

export class SqlRefused extends Error {
  readonly statusCode = 400
  constructor(message: string) {
    super(message)
    this.name = 'SqlRefused'
  }
}

/** Most bytes of one result: it is held in memory once, and sent. */
export const resultBytesMax = 64 * 1_048_576

/** Beyond its limit by this much a query has ignored it: the engine looks at the clock between blocks only. */
export const graceMs = 2_000

export const ranTooLong = ({ timeoutMs }: Pick<SqlLimits, 'timeoutMs'>): SqlRefused =>
  new SqlRefused(`the query failed: it ran longer than ${timeoutMs / 1_000} s (sql.timeoutSeconds) and was ended`)

/** What every query of the console is bounded by, in the engine itself. */
export const confinement = ({ timeoutMs, memoryBytes, rowsMax }: SqlLimits): ClickHouseSettings => ({
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
export async function confineConnection(client: ClickHouseClient, limits: SqlLimits): Promise<void> {
  const { readonly, allow_ddl, allow_introspection_functions, ...rest } = confinement(limits)
  const text = (settings: object): string =>
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${/^\d/.test(String(value)) ? value : `'${value}'`}`)
      .join(', ')
  await client.command({ query: `SET ${text(rest)}` })
  await client.command({ query: `SET ${text({ allow_ddl, allow_introspection_functions })}` })
  await client.command({ query: `SET ${text({ readonly })}` })
}

/** The engine's own word on why a query failed. */
export const queryFailed = (error: unknown): SqlRefused =>
  new SqlRefused(`the query failed: ${(error as Error).message}`)

/** A result that was read whole. Throws SqlRefused when it is too large to be shown, or no result. */
export function compactResult(text: string): CompactResult {
  if (text.length > resultBytesMax) throw tooLarge
  try {
    return JSON.parse(text) as CompactResult
  } catch {
    throw new SqlRefused('the query failed: its result could not be read')
  }
}

export const tooLarge = new SqlRefused(
  `the query failed: its result is larger than ${resultBytesMax / 1_048_576} MiB: ask for fewer rows or columns`,
)
