import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf } from '#warehouse/client.ts'

export interface DiskUse {
  readonly rows: number
  readonly parts: number
  readonly bytesPerRow: number
}

/** What the active parts of a table take, all files of theirs: columns, marks, indexes, checksums. */
export async function diskOf(warehouse: ClickHouseClient, table: string): Promise<DiskUse> {
  const [row] = await rowsOf<[number, number, number]>(
    warehouse,
    `SELECT sum(rows), count(), sum(bytes_on_disk) FROM system.parts
     WHERE active AND database = currentDatabase() AND table = {table: String}`,
    { table },
  )
  const [rows = 0, parts = 0, bytes = 0] = row ?? []
  return { rows, parts, bytesPerRow: bytes / rows }
}
