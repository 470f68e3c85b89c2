import type { ClickHouseClient } from '@clickhouse/client'
import { type ContextReader, memberText } from '#contracts/summaries.ts'
import { rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'

/** What the stored events say of calls, for the labels of live samples. */
export function createContextReader(client: ClickHouseClient): ContextReader {
  return {
    async contexts(members) {
      if (members.length === 0) return new Map()
      const rows = await rowsOf<[string, string, string, string, string, string]>(
        client,
        `SELECT tenant, correlation_id, ${['carrier', 'region', 'codec'].map(latest).join(', ')}, max(trace_id)
         FROM call_events WHERE (tenant, correlation_id) IN ${textKeys(members.map(({ tenant, id }) => [tenant, id]))}
         GROUP BY tenant, correlation_id`,
      )
      return new Map(
        rows.map(([tenant, id, carrier, region, codec, traceId]) => [
          memberText({ tenant, id }),
          {
            ...(carrier === '' ? {} : { carrier }),
            ...(region === '' ? {} : { region }),
            ...(codec === '' ? {} : { codec }),
            ...(traceId === '' ? {} : { traceId }),
          },
        ]),
      )
    },
  }
}

const latest = (field: string): string =>
  `argMaxIf(JSONExtractString(data, '${field}'), time, JSONExtractString(data, '${field}') != '')`
