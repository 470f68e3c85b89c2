import type { ClickHouseClient } from '@clickhouse/client'
import { compactResult, confineConnection, queryFailed, type SqlLimits, type SqlRunner } from './sql-confined.ts'

/** Runs queries on one confined connection of this process, as the process of a query does: much sooner, and without its bounds. */
export function confinedRunner(client: ClickHouseClient, limits: SqlLimits): SqlRunner {
  let confined: Promise<void> | undefined
  return {
    async run(query) {
      confined ??= confineConnection(client, limits)
      await confined
      try {
        return compactResult(await (await client.query({ query, format: 'JSONCompact' })).text())
      } catch (error) {
        throw queryFailed(error)
      }
    },
    close: async () => undefined,
  }
}
