import type { ClickHouseClient } from '@clickhouse/client'
import type { CallTelemetry } from '#contracts/call-telemetry.ts'
import type { CallReader } from '#contracts/warehouse.ts'
import { listCalls } from './list-calls.ts'
import { createWarehouseTelemetry } from './telemetry.ts'
import { wholeCall } from './whole-call.ts'

/**
 * What people read of calls. Values travel as query parameters, never as text of the query. Logs and spans come from the
 * warehouse unless others are given.
 */
export function createCallReader(
  client: ClickHouseClient,
  telemetry: CallTelemetry = createWarehouseTelemetry(client),
): CallReader {
  return {
    list: (query) => listCalls(client, query),
    whole: (tenant, id) => wholeCall({ client, telemetry }, tenant, id),
  }
}
