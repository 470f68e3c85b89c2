import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Delivery, Sink } from '#contracts/sink.ts'
import type { RawRow, RawTable } from '#contracts/warehouse.ts'
import { isLasting, shortCause } from './errors.ts'
import { tsvRow } from './tsv.ts'

export interface RawSinkOptions {
  /** One connection for inserts: they run one after another, apart from what people and summaries read. */
  readonly client: ClickHouseClient
  /** A batch refused for a lasting reason twice is halved until the guilty rows are found. */
  readonly retryAfterMs?: number
}

type Refusals = { row: RawRow; detail: string }[]

/**
 * Raw rows into the warehouse. Safe to repeat: every raw table collapses equal keys. An insert that spans more than 50
 * days is cut, because ClickHouse refuses one over more than 100 partitions.
 */
export function createRawSink({ client, retryAfterMs = 1_000 }: RawSinkOptions): Sink<RawRow> {
  const insert = async (table: RawTable, rows: readonly RawRow[]): Promise<void> => {
    let lines = ''
    for (const row of rows) lines += tsvRow(row.cells)
    await client.insert({
      table,
      values: Readable.from([Buffer.from(lines)], { objectMode: false }),
      columns: [...rawColumns[table]] as [string, ...string[]],
      format: 'TabSeparated',
    })
  }

  /** Inserts what can be inserted; returns the rows that never can. Throws what may pass with time. */
  const insertOrBisect = async (table: RawTable, rows: readonly RawRow[], refused: Refusals): Promise<void> => {
    try {
      await insert(table, rows)
    } catch (error) {
      if (!isLasting(error)) throw error
      const [only] = rows
      if (rows.length === 1 && only !== undefined) {
        refused.push({ row: only, detail: shortCause(error) })
        return
      }
      const middle = rows.length >> 1
      await insertOrBisect(table, rows.slice(0, middle), refused)
      await insertOrBisect(table, rows.slice(middle), refused)
    }
  }

  return {
    name: 'warehouse',
    async deliver(rows): Promise<Delivery<RawRow>> {
      const refused: Refusals = []
      try {
        for (const [table, ofTable] of byTable(rows)) {
          for (const part of bySpan(table, ofTable)) await insertOrBisect(table, part, refused)
        }
      } catch (error) {
        return { type: 'retry', afterMs: retryAfterMs, cause: new Error(shortCause(error)) }
      }
      return refused.length === 0 ? { type: 'delivered' } : { type: 'refused', rows: refused }
    },
    async close() {
      await client.close()
    },
  }
}

function byTable(rows: readonly RawRow[]): ReadonlyMap<RawTable, RawRow[]> {
  const tables = new Map<RawTable, RawRow[]>()
  for (const row of rows) {
    const known = tables.get(row.table)
    if (known === undefined) tables.set(row.table, [row])
    else known.push(row)
  }
  return tables
}

const maxSpanDays = 50

/** Only samples are partitioned by day; the monthly tables stay below 100 partitions for eight years of event time. */
function bySpan(table: RawTable, rows: RawRow[]): readonly (readonly RawRow[])[] {
  if (table !== 'quality_samples') return [rows]
  const blocks = new Map<number, RawRow[]>()
  for (const row of rows) {
    const block = Math.floor(Number(row.cells[0]) / (maxSpanDays * 86_400))
    const known = blocks.get(block)
    if (known === undefined) blocks.set(block, [row])
    else known.push(row)
  }
  return [...blocks.values()]
}
