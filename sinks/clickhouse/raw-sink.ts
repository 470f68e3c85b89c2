import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { isLasting, shortCause } from '#contracts/clickhouse-errors.ts'
import { rawColumns, sampleTypes } from '#contracts/raw-tables.ts'
import type { Delivery, ObserveSink, Sink } from '#contracts/sink.ts'
import type { Cell, RawRow, RawTable } from '#contracts/warehouse.ts'
import { type NativeColumn, nativeBlock } from './native.ts'
import { tsvRow } from './tsv.ts'

export interface RawSinkOptions {
  /** One connection for inserts: they run one after another, apart from what people and summaries read. */
  readonly client: ClickHouseClient
  /** A batch refused for a lasting reason twice is halved until the guilty rows are found. */
  readonly retryAfterMs?: number
  /** Told of every insert. */
  readonly observe?: ObserveSink
}

type Refusals = { row: RawRow; detail: string }[]

/**
 * Raw rows into the warehouse: samples, nearly all there is, as columns, everything else as text. Safe to repeat: every
 * raw table collapses equal keys. Rows far apart in time go in several inserts, because ClickHouse refuses one over more
 * than 100 partitions.
 */
export function createRawSink({ client, retryAfterMs = 1_000, observe }: RawSinkOptions): Sink<RawRow> {
  const send = async (table: RawTable, rows: readonly RawRow[], sized: (bytes: number) => void): Promise<void> => {
    const used = usedColumns(table, rows)
    const columns = used.map((at) => rawColumns[table][at]) as [string, ...string[]]
    if (table === 'quality_samples') {
      const block = nativeBlock(used.map(sampleColumn), rows)
      sized(block.length)
      const query = `INSERT INTO quality_samples (${columns.join(', ')}) FORMAT Native`
      const { stream } = await client.exec({ query, values: Readable.from([block], { objectMode: false }) })
      // Read to its end, empty as it is: on a server this is what gives the connection back.
      await finished(stream.resume())
      return
    }
    const text = Buffer.from(textOf(rows, used))
    sized(text.length)
    await client.insert({
      table,
      values: Readable.from([text], { objectMode: false }),
      columns,
      format: 'TabSeparated',
    })
  }

  const insert = async (table: RawTable, rows: readonly RawRow[]): Promise<void> => {
    const started = performance.now()
    let bytes = 0
    let outcome: 'stored' | 'failed' = 'failed'
    try {
      await send(table, rows, (size) => {
        bytes = size
      })
      outcome = 'stored'
    } finally {
      const seconds = (performance.now() - started) / 1_000
      observe?.({ sink: 'warehouse', table, rows: rows.length, bytes, seconds, outcome })
    }
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

function sampleColumn(cell: number): NativeColumn {
  const name = rawColumns.quality_samples[cell] as (typeof rawColumns.quality_samples)[number]
  return { name, cell, type: sampleTypes[name] }
}

function textOf(rows: readonly RawRow[], used: readonly number[]): string {
  let lines = ''
  for (const { cells } of rows) lines += tsvRow(used.map((at) => cells[at] as Cell))
  return lines
}

/** Columns that any row has a value for. Those that are NULL throughout are left out: a fifth of an insert's cost. */
function usedColumns(table: RawTable, rows: readonly RawRow[]): readonly number[] {
  const all = [...rawColumns[table].keys()]
  const isUsed = all.map((at) => !mayBeLeftOut(table, at))
  // Row by row, each looked at once: column by column every row would come through the processor's cache forty times.
  for (const { cells } of rows) {
    for (let at = 0; at < isUsed.length; at++) if (cells[at] !== null) isUsed[at] = true
  }
  return all.filter((at) => isUsed[at])
}

/** A sample without a value that it must have is refused by name of the column, instead of getting a default. */
const mayBeLeftOut = (table: RawTable, cell: number): boolean =>
  table !== 'quality_samples' || sampleColumn(cell).type.startsWith('Nullable(')

function byTable(rows: readonly RawRow[]): ReadonlyMap<RawTable, RawRow[]> {
  const tables = new Map<RawTable, RawRow[]>()
  for (const row of rows) {
    const known = tables.get(row.table)
    if (known === undefined) tables.set(row.table, [row])
    else known.push(row)
  }
  return tables
}

/** Days of event time that one insert may span: half of the 100 partitions that ClickHouse takes at once. */
const maxSpanDays: Readonly<Record<'daily' | 'monthly', number>> = { daily: 50, monthly: 50 * 28 }

/** Where a table's event time is, in epoch seconds, and how it is partitioned. `call_links` is one partition. */
const partitioning: Readonly<Partial<Record<RawTable, readonly ['daily' | 'monthly', (row: RawRow) => number]>>> = {
  quality_samples: ['daily', ({ cells }) => Number(cells[0])],
  otel_logs: ['daily', ({ cells }) => Number(cells[0])],
  otel_traces: ['daily', ({ cells }) => Number(cells[0])],
  call_events: ['monthly', ({ cells }) => Number(cells[4]) / 1_000],
  cdr_records: ['monthly', ({ cells }) => Number(cells[4]) / 1_000],
  cdr_billing: ['monthly', ({ cells }) => Number(cells[4]) / 1_000],
  call_evidence: ['monthly', ({ cells }) => Number(cells[4]) / 1_000],
  audit_log: ['monthly', ({ cells }) => Number(cells[4]) / 1_000],
  activity_events: ['daily', ({ cells }) => Number(cells[3]) / 1_000],
}

function bySpan(table: RawTable, rows: RawRow[]): readonly (readonly RawRow[])[] {
  const rule = partitioning[table]
  if (rule === undefined) return [rows]
  const [period, secondsOf] = rule
  const blockOf = (row: RawRow): number => Math.floor(secondsOf(row) / (maxSpanDays[period] * 86_400))
  const blocks = new Map<number, RawRow[]>()
  // Nearly always one: neighbours share it.
  let last: number | undefined
  let ofBlock: RawRow[] | undefined
  for (const row of rows) {
    const block = blockOf(row)
    if (block !== last || ofBlock === undefined) {
      last = block
      ofBlock = blocks.get(block) ?? []
      blocks.set(block, ofBlock)
    }
    ofBlock.push(row)
  }
  return [...blocks.values()]
}
