import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { isLasting, isUnheardOf, shortCause } from '#contracts/clickhouse-errors.ts'
import { isHopeless, LastingError } from '#contracts/errors.ts'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Delivery, ObserveSink, Sink } from '#contracts/sink.ts'
import type { Cell, PackedRows, RawRow, RawTable } from '#contracts/warehouse.ts'
import type { Columns } from './columns.ts'
import { createPackedSamples, type PackedSamples, sampleColumns } from './packed-samples.ts'
import { tsvRow } from './tsv.ts'

export interface RawSinkOptions {
  /** One connection for inserts: they run one after another, apart from what people and summaries read. */
  readonly client: ClickHouseClient
  /** A batch refused for a lasting reason twice is halved until the guilty rows are found. */
  readonly retryAfterMs?: number
  /** Told of every insert. */
  readonly observe?: ObserveSink
}

export interface RawSink extends Sink<RawRow> {
  pack(): PackedSamples
  deliver(rows: readonly RawRow[], deadline: AbortSignal, packed?: PackedRows): Promise<Delivery<RawRow>>
}

/**
 * Raw rows into the warehouse: samples, nearly all there is, as columns, everything else as text. Safe to repeat: every
 * raw table collapses equal keys. Rows far apart in time go in several inserts, because ClickHouse refuses one over more
 * than 100 partitions.
 */
export function createRawSink({ client, retryAfterMs = 1_000, observe }: RawSinkOptions): RawSink {
  const insert = observedInsert(client, observe)
  const isToBlame = createSuspicion(client)

  /** Does the first part. Halved when some of it can never be stored, until that is a single row. Throws what may pass. */
  const advance = async ({ parts, refused }: Undone, part: Part): Promise<void> => {
    try {
      await insert(part)
      parts.shift()
    } catch (error) {
      if (!isLasting(error) && !isHopeless(error) && !(await isToBlame(part, error))) throw error
      parts.shift()
      parts.unshift(
        ...suspectsOf(part).map((suspect) => (isUnheardOf(error) ? { ...suspect, isSuspect: true as const } : suspect)),
      )
      const [only] = part.rows
      if (part.again === true && only !== undefined) refused.push({ row: only, detail: shortCause(error) })
    }
  }

  let last: Undone | undefined
  let lastPacked = 0

  return {
    name: 'warehouse',
    // A batch is about as large as the one before: what grows step by step is garbage at each.
    pack: () => createPackedSamples(lastPacked),
    async deliver(rows, _deadline, packed): Promise<Delivery<RawRow>> {
      lastPacked = Math.min(packed?.length ?? 0, maxExpected)
      // What was acknowledged of these very rows need not be sent again: a store that takes some inserts and not others
      // would otherwise be asked for a whole run of luck.
      last = last?.rows === rows ? last : { rows, parts: [...packedParts(packed), ...partsOf(rows)], refused: [] }
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

/** An insert that has failed so often for a reason that is not known to pass: its rows are suspected. Some ten seconds. */
const mostTries = 10
/** Its halves have been tried with it. */
const mostTriesOfHalf = 2

/**
 * Whether the rows of an insert must be what the store refuses, though its error is none that is known to last: it has come
 * again and again, while an insert of nothing into the same table goes well. What is found so is a dead letter, not lost.
 */
function createSuspicion(client: ClickHouseClient) {
  const tries = new WeakMap<Part, number>()
  return async function isToBlame(part: Part, error: unknown): Promise<boolean> {
    if (!isUnheardOf(error)) return false
    const count = (tries.get(part) ?? 0) + 1
    tries.set(part, count)
    return count >= (part.isSuspect === true ? mostTriesOfHalf : mostTries) && (await takesNothing(client, part.table))
  }
}

async function takesNothing(client: ClickHouseClient, table: RawTable): Promise<boolean> {
  try {
    await client.command({ query: `INSERT INTO ${table} SELECT * FROM ${table} LIMIT 0` })
    return true
  } catch {
    return false
  }
}

type Insert = (part: Part) => Promise<void>

function observedInsert(client: ClickHouseClient, observe: ObserveSink | undefined): Insert {
  return async ({ table, rows, packed }) => {
    const started = performance.now()
    let bytes = 0
    let outcome: 'stored' | 'failed' = 'failed'
    try {
      const sized = (size: number): void => {
        bytes = size
      }
      if (packed?.columns !== undefined) await sendColumns(client, packed.columns, sized)
      else if (table === 'quality_samples') await sendColumns(client, columnsOf(rows), sized)
      else await sendText(client, { table, rows }, sized)
      outcome = 'stored'
    } finally {
      const seconds = (performance.now() - started) / 1_000
      observe?.({ sink: 'warehouse', table, rows: packed?.length ?? rows.length, bytes, seconds, outcome })
    }
  }
}

type Sized = (bytes: number) => void

async function sendColumns(client: ClickHouseClient, columns: Columns, sized: Sized): Promise<void> {
  const { names, bytes } = columns.block()
  sized(bytes.length)
  const query = `INSERT INTO quality_samples (${names.join(', ')}) FORMAT Native`
  const { stream } = await client.exec({ query, values: Readable.from([bytes], { objectMode: false }) })
  // Read to its end, empty as it is: on a server this is what gives the connection back.
  await finished(stream.resume())
}

/** Throws LastingError where a value does not fit its column: halving finds the row. */
function columnsOf(rows: readonly RawRow[]): Columns {
  const columns = sampleColumns()
  for (const { cells } of rows) {
    const wrong = columns.append(cells)
    if (wrong !== undefined) throw new LastingError(wrong)
  }
  return columns
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
  /** Instead of rows. */
  readonly packed?: PackedSamples
  /** A single row, refused once. */
  readonly again?: true
  /** Part of one that has failed again and again. */
  readonly isSuspect?: true
}

/** A batch on its way: what is not acknowledged yet, and what never will be. */
interface Undone {
  readonly rows: readonly RawRow[]
  readonly parts: Part[]
  readonly refused: { row: RawRow; detail: string }[]
}

/** What is tried in place of a part that was refused for good; nothing: it is a single row, and was refused twice. */
function suspectsOf(part: Part): readonly Part[] {
  if (part.packed !== undefined) return partsOf(part.packed.unpack())
  if (part.rows.length > 1) return halvesOf(part)
  // A request that was cut short on its way is refused in the same words as a row that fits nowhere.
  return part.again === undefined ? [{ ...part, again: true }] : []
}

const halvesOf = ({ table, rows }: Part): readonly Part[] => {
  const middle = rows.length >> 1
  return [rows.slice(0, middle), rows.slice(middle)].map((half) => ({ table, rows: half }))
}

const partsOf = (rows: readonly RawRow[]): Part[] =>
  [...byTable(rows)].flatMap(([table, ofTable]) => bySpan(table, ofTable).map((part) => ({ table, rows: part })))

/** Rows that a batch of samples is given room for before it has any: as many as `calls` reads at once. */
const maxExpected = 30_000

/** What is packed goes as it is, unless it is spread over more days than one insert may have. */
function packedParts(packed: PackedRows | undefined): readonly Part[] {
  if (packed === undefined || packed.length === 0) return []
  const isWhole = isOurs(packed) && packed.spanSeconds <= maxSpanDays.daily * 86_400
  return isWhole ? [{ table: 'quality_samples', rows: [], packed }] : partsOf(packed.unpack())
}

const isOurs = (packed: PackedRows): packed is PackedSamples => 'columns' in packed

function textOf(rows: readonly RawRow[], used: readonly number[]): string {
  let lines = ''
  for (const { cells } of rows) lines += tsvRow(used.map((at) => cells[at] as Cell))
  return lines
}

/** Columns that any row has a value for; the others get their default. */
function usedColumns(table: RawTable, rows: readonly RawRow[]): readonly number[] {
  const isUsed = rawColumns[table].map(() => false)
  for (const { cells } of rows) {
    for (let at = 0; at < isUsed.length; at++) if (cells[at] !== null) isUsed[at] = true
  }
  return [...isUsed.keys()].filter((at) => isUsed[at])
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
