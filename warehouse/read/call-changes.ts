import type { ClickHouseClient } from '@clickhouse/client'
import type { CallChanges, ChangedCall } from '#contracts/live-calls.ts'
import { rowsOf } from '../client.ts'
import { idsNamed } from './call-conditions.ts'
import { type ItemRow, itemColumns, itemOf } from './call-items.ts'

type Row = readonly [...ItemRow, members: string[], isDeleted: number]

/**
 * What changed, by version. Without FINAL: rows of a call that have not been merged yet differ in their version, and the
 * greatest counts. A call that moved has a record and a tombstone of one version: the record counts.
 */
export function createCallChanges(client: ClickHouseClient): CallChanges {
  return {
    async newest() {
      const [row] = await rowsOf<[number]>(client, 'SELECT max(version) FROM calls')
      return row?.[0] ?? 0
    },
    async changed({ above, except, limit }) {
      const rows = await rowsOf<Row>(
        client,
        `SELECT * FROM (
           SELECT ${itemColumns}, members, is_deleted FROM calls
           PREWHERE version > {above:UInt64} AND version NOT IN {except:Array(UInt64)}
           ORDER BY version DESC, is_deleted LIMIT 1 BY tenant, id)
         ORDER BY version LIMIT {limit:UInt32}`,
        { above, except, limit },
      )
      return rows.map(changedOf)
    },
    idsNamed: (tenant, q) => idsNamed(client, tenant, q),
  }
}

const changedOf = (row: Row): ChangedCall => ({
  item: itemOf(row.slice(0, -2) as unknown as ItemRow),
  members: row.at(-2) as string[],
  deleted: row.at(-1) === 1,
})
