import type { ClickHouseClient } from '@clickhouse/client'
import type { LinkReader } from '#contracts/summaries.ts'
import { rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'

/** Edges of the link graph, a bounded number for each node. */
export function createLinkReader(client: ClickHouseClient): LinkReader {
  return {
    async edges(nodes, limit) {
      if (nodes.length === 0) return []
      const rows = await rowsOf<[string, string, string]>(
        client,
        `SELECT tenant, node, other FROM call_links
         WHERE (tenant, node) IN ${textKeys(nodes.map(({ tenant, node }) => [tenant, node]))}
         GROUP BY tenant, node, other ORDER BY tenant, node, other LIMIT {limit: UInt32} BY tenant, node`,
        { limit },
      )
      return rows.map(([tenant, node, other]) => ({ tenant, node, other }))
    },
  }
}
