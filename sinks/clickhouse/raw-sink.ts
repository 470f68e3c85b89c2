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

/**
 * Raw rows into the warehouse: samples, nearly all there is, as columns, everything else as text. Safe to repeat: every
 * raw table collapses equal keys. Rows far apart in time go in several inserts, because ClickHouse refuses one over more
 * than 100 partitions.
 */
export function createRawSink({ client, retryAfterMs = 1_000, observe }: RawSinkOptions): Sink<RawRow> {
  const insert = observedInsert(client, observe)

  /** Does the first part. Halved when some of it can never be stored, until that is a single row. Throws what may pass. */
  const advance = async ({ parts, refused }: Undone, part: Part): Promise<void> => {
    try {
      await insert(part.table, part.rows)
      parts.shift()
    } catch (error) {
      if (!isLasting(error)) throw error
      parts.shift()
      const [only] = part.rows
      if (part.rows.length > 1) parts.unshift(...halvesOf(part))
      // A request that was cut short on its way is refused in the same words as a row that fits nowhere.
      else if (part.again === undefined) parts.unshift({ ...part, again: true })
      else if (only !== undefined) refused.push({ row: only, detail: shortCause(error) })
    }
  }

  let last: Undone | undefined

  return {
    name: 'warehouse',
    async deliver(rows): Promise<Delivery<RawRow>> {
      // What was acknowledged of these very rows need not be sent again: a store that takes some inserts and not others
      // would otherwise be asked for a whole run of luck.
      last = last?.rows === rows ? last : { rows, parts: partsOf(rows), refused: [] }
      const { parts, refused } = last
      try {
        for (let part = parts[0]; part !== undefined; part = parts[0]) await advance(last, part)
      } catch (error) {
        return { type: 'retry', afterMs: retryAfterMs, cause: new Error(shortCause(error)) }
      }
      last = undefined
      return refused.length === 0 ? { type: 'delivered' } : { type: 'refused', rows: refused }
    },
    async close() {
      await client.close()
    },
  }
}

type Insert = (table: RawTable, rows: readonly RawRow[]) => Promise<void>

function observedInsert(client: ClickHouseClient, observe: ObserveSink | undefined): Insert {
  return async (table, rows) => {
    const started = performance.now()
    let bytes = 0
    let outcome: 'stored' | 'failed' = 'failed'
    try {
      const sized = (size: number): void => {
        bytes = size
      }
      if (table === 'quality_samples') await sendColumns(client, rows, sized)
      else await sendText(client, { table, rows }, sized)
      outcome = 'stored'
    } finally {
      const seconds = (performance.now() - started) / 1_000
      observe?.({ sink: 'warehouse', table, rows: rows.length, bytes, seconds, outcome })
    }
  }
}

type Sized = (bytes: number) => void

async function sendColumns(client: ClickHouseClient, rows: readonly RawRow[], sized: Sized): Promise<void> {
  const used = usedColumns('quality_samples', rows)
  const block = nativeBlock(used.map(sampleColumn), rows)
  sized(block.length)
  const columns = used.map((at) => rawColumns.quality_samples[at])
  const query = `INSERT INTO quality_samples (${columns.join(', ')}) FORMAT Native`
  const { stream } = await client.exec({ query, values: Readable.from([block], { objectMode: false }) })
  // Read to its end, empty as it is: on a server this is what gives the connection back.
  await finished(stream.resume())
}

async function sendText(client: ClickHouseClient, { table, rows }: Part, sized: Sized): Promise<void> {
  const used = usedColumns(table, rows)
  const columns = used.map((at) => rawColumns[table][at]) as [string, ...string[]]
  const text = Buffer.from(textOf(rows, used))
  sized(text.length)
  await client.insert({
    table,
    values: Readable.from([text], { objectMode: false }),
    columns,
    format: 'TabSeparated',
  })
}

/** Rows of one insert. */
interface Part {
  readonly table: RawTable
  readonly rows: readonly RawRow[]
  /** A single row, refused once. */
  readonly again?: true
}

/** A batch on its way: what is not acknowledged yet, and what never will be. */
interface Undone {
  readonly rows: readonly RawRow[]
  readonly parts: Part[]
  readonly refused: { row: RawRow; detail: string }[]
}

const halvesOf = ({ table, rows }: Part): readonly Part[] => {
  const middle = rows.length >> 1
  return [rows.slice(0, middle), rows.slice(middle)].map((half) => ({ table, rows: half }))
}

const partsOf = (rows: readonly RawRow[]): Part[] =>
  [...byTable(rows)].flatMap(([table, ofTable]) => bySpan(table, ofTable).map((part) => ({ table, rows: part })))

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
