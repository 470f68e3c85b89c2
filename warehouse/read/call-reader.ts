import type { ClickHouseClient } from '@clickhouse/client'
import type { CallReader } from '#contracts/warehouse.ts'
import { listCalls } from './list-calls.ts'
import { wholeCall } from './whole-call.ts'

/** What people read of calls. Values travel as query parameters, never as text of the query. */
export function createCallReader(client: ClickHouseClient): CallReader {
  return {
    list: (query) => listCalls(client, query),
    whole: (tenant, id) => wholeCall(client, tenant, id),
  }
}
