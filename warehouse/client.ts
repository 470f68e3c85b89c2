import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { isQuorumBusy, storeError } from '#contracts/clickhouse-errors.ts'
import type { TraceStatement } from '#contracts/statement-trace.ts'
import { withBlocks } from './chdb-blocks.ts'
import { inTurns } from './chdb-turns.ts'
import { connectServer, type ServerLocation } from './server-connection.ts'
import { createStatementTracer } from './statement-tracer.ts'

/** Where the warehouse is: a folder (the embedded engine, chdb) or a ClickHouse server. */
export type WarehouseLocation = { readonly path: string } | ServerLocation

export interface WarehouseOptions {
  readonly location: WarehouseLocation
  /** Threads one query may use. Small machines share their cores with the pipelines. */
  readonly maxThreads?: number
  /** A query that runs longer fails. Without it none is cut off here, and on a server none before `requestTimeoutMs`. */
  readonly maxQueryMs?: number
  /** A request to a server that is not answered within this is given up. */
  readonly requestTimeoutMs?: number
  /** Told of every statement, for the operator's traces. */
  readonly trace?: TraceStatement
}

// The client would print every error with the query's values in it. Ours are thrown, and told by whoever catches them.
const log = { level: ClickHouseLogLevel.OFF }

/**
 * One connection to the warehouse, with temporary tables of its own. Its queries run one after another, and those of
 * several connections side by side, so each part that must not wait for another opens its own. A server behind a
 * balancer must be reached so that one session stays with one host.
 * Throws when the embedded engine is not installed or its folder is locked by another process.
 */
export async function connectWarehouse(options: WarehouseOptions): Promise<ClickHouseClient> {
  const { location, maxThreads, maxQueryMs, trace } = options
  const clickhouse_settings: ClickHouseSettings = {
    // The default of 26.x is 1: it would acknowledge rows before they are stored.
    async_insert: 0,
    max_query_size: '67108864',
    // Lists of dirty calls travel as query text; their nesting is shallow but they are long.
    max_ast_elements: '5000000',
    max_expanded_ast_elements: '5000000',
    output_format_json_quote_64bit_integers: 0,
    do_not_merge_across_partitions_select_final: 0,
    session_timezone: 'UTC',
    ...(maxThreads === undefined ? {} : { max_threads: maxThreads }),
    ...(maxQueryMs === undefined ? {} : { max_execution_time: maxQueryMs / 1_000 }),
  }
  const traced = trace === undefined ? undefined : createStatementTracer(trace)
  if ('url' in location)
    return connectServer({
      ...options,
      ...(traced === undefined ? {} : { traced }),
      location,
      settings: clickhouse_settings,
    })
  const tracing = traced === undefined ? {} : { tracer: traced.tracer }
  const { createChdbConnection } = await import('chdb/connection')
  const connection = inTurns(withBlocks(createChdbConnection({ path: location.path }), location.path))
  const settings = { connection, clickhouse_settings, log, ...tracing }
  const client = createClient(settings as unknown as Parameters<typeof createClient>[0])
  return traced?.watch(client) ?? client
}

/** Rows of a SELECT, each an array in column order. Throws LastingError, or an error that may pass with time. */
export async function rowsOf<Row extends readonly unknown[]>(
  client: ClickHouseClient,
  query: string,
  query_params: Readonly<Record<string, unknown>> = {},
): Promise<Row[]> {
  try {
    const result = await client.query({ query, query_params: { ...query_params }, format: 'JSONCompactEachRow' })
    return (await result.json<Row>()) as Row[]
  } catch (error) {
    throw storeError(error)
  }
}

/** Runs a statement and waits until it has been carried out. */
export async function run(
  client: ClickHouseClient,
  query: string,
  query_params: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await inTurnOfQuorum(() => client.command({ query, query_params: { ...query_params } }))
}

/** Stores rows given as objects, halves of characters as U+FFFD. Errors as above. */
export async function insertRows(client: ClickHouseClient, table: string, values: readonly object[]): Promise<void> {
  if (values.length === 0) return
  await inTurnOfQuorum(() => client.insert({ table, values: values.map(wellFormedRow), format: 'JSONEachRow' }))
}

/** JSON writes half a character as an escape that the engine refuses, and the whole statement with it. */
const wellFormedRow = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, wellFormedCell(value)]))

const wellFormedCell = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed()
  return Array.isArray(value) ? value.map(wellFormedCell) : value
}

/** Some seconds in all: as long as the inserts of several workers may take that go first. */
const mostTurns = 20
const longestTurnMs = 250

/**
 * On a cluster one insert at a time goes into a table, and every other is told so at once. Where several workers compute
 * calls that is the rule: beginning a whole recompute anew for it would mean that hardly any comes to its end.
 */
async function inTurnOfQuorum(write: () => Promise<unknown>): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      await write()
      return
    } catch (error) {
      if (!isQuorumBusy(error) || turn === mostTurns) throw storeError(error)
      await sleep(Math.min(longestTurnMs, 20 * turn))
    }
  }
}
