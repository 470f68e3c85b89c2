import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  type CompactResult,
  compactResult,
  confinement,
  graceMs,
  queryFailed,
  ranTooLong,
  type SqlLimits,
  SqlRefused,
  type SqlRunner,
} from './sql-confined.ts'

export interface ServerRunnerParts {
  /** A connection for this runner alone. */
  readonly client: ClickHouseClient
  /** Another one, which can speak while a query holds the first. */
  readonly other: Pick<ClickHouseClient, 'query' | 'command'>
  readonly limits: SqlLimits
}

/**
 * Queries on a ClickHouse server. It forgets a session that rests for a minute, so every request says again what it may not do.
 * The server looks at its limits, and at KILL QUERY, between blocks only: who asked is answered in time all the same, and as
 * long as the server still works on a query that passed its limit, no other one is begun.
 */
export function createServerRunner({ client, other, limits }: ServerRunnerParts): SqlRunner {
  const closing = new AbortController()
  let overdue: string | undefined

  async function refuseWhileOverdue(): Promise<void> {
    if (overdue === undefined) return
    if (await isRunning(other, overdue))
      throw new SqlRefused('a query that passed its limit has not ended on the server yet: send this one again later')
    overdue = undefined
  }

  async function run(query: string): Promise<CompactResult> {
    await refuseWhileOverdue()
    const query_id = randomUUID()
    const timeUp = AbortSignal.timeout(limits.timeoutMs + graceMs)
    const abort_signal = AbortSignal.any([timeUp, closing.signal])
    try {
      const clickhouse_settings = confinement(limits)
      const result = await client.query({ query, query_id, format: 'JSONCompact', clickhouse_settings, abort_signal })
      return compactResult(await result.text())
    } catch (error) {
      if (!abort_signal.aborted) throw error instanceof SqlRefused ? error : queryFailed(error)
      overdue = query_id
      await killQuery(other, query_id)
      throw closing.signal.aborted
        ? new SqlRefused('callscope is stopping: send the query again when it is up')
        : ranTooLong(limits)
    }
  }

  return {
    run,
    async close() {
      closing.abort()
    },
  }
}

/** Hanging up has the server end it, too, but behind a balancer it may not hear of that. */
async function killQuery(other: ServerRunnerParts['other'], query_id: string): Promise<void> {
  try {
    await other.command({
      query: 'KILL QUERY WHERE query_id = {query_id:String} ASYNC',
      query_params: { query_id },
    })
  } catch {
    // Not allowed to this user, or not known on this host. Its own limit is with the query.
  }
}

/** Where the server does not tell, it is believed to have ended: its own limit is with the query. */
async function isRunning(other: ServerRunnerParts['other'], query_id: string): Promise<boolean> {
  try {
    const result = await other.query({
      query: 'SELECT count() FROM system.processes WHERE query_id = {query_id:String}',
      query_params: { query_id },
      format: 'JSONCompact',
    })
    const { data } = (await result.json()) as unknown as CompactResult
    return Number(data[0]?.[0]) > 0
  } catch {
    return false
  }
}
