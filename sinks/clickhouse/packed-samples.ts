import type { LogRecord } from '#contracts/event-log.ts'
import { rawColumns, sampleTypes } from '#contracts/raw-tables.ts'
import type { PackedRows, TracedRow } from '#contracts/warehouse.ts'
import { type Columns, createColumns } from './columns.ts'

const table = 'quality_samples'

/** `rows`: about how many are expected. */
export const sampleColumns = (rows?: number): Columns =>
  createColumns(
    rawColumns[table].map((name) => ({ name, type: sampleTypes[name] })),
    rows,
  )

/** Samples packed as the raw sink sends them. */
export interface PackedSamples extends PackedRows {
  /** Between the least and the greatest minute of all, seconds. */
  readonly spanSeconds: number
  /** Undefined while there is none. */
  readonly columns: Columns | undefined
}

/**
 * Samples between decode and insert: a batch as rows is forty megabytes of small objects, which the collector of young
 * objects copies again and again until the warehouse has acknowledged them. Packed, it is six, which it never looks at.
 */
export function createPackedSamples(rows?: number): PackedSamples {
  // Made for the first one: most polls bring none, and most pipelines never do.
  let columns: Columns | undefined
  let records: LogRecord[] = []
  let leastSeconds = Number.POSITIVE_INFINITY
  let mostSeconds = Number.NEGATIVE_INFINITY
  let oldestMs = Number.NEGATIVE_INFINITY

  return {
    get columns() {
      return columns
    },
    get length() {
      return records.length
    },
    get spanSeconds() {
      return records.length === 0 ? 0 : mostSeconds - leastSeconds
    },
    get oldestMs() {
      return oldestMs
    },
    add(of, cells, record) {
      if (of !== table) return false
      columns ??= sampleColumns(rows)
      if (columns.append(cells) !== undefined) return false
      records.push(record)
      const seconds = Number(cells[0])
      if (seconds < leastSeconds) leastSeconds = seconds
      if (seconds > mostSeconds) mostSeconds = seconds
      oldestMs = Math.max(oldestMs, record.logTimeMs - 1_000 * seconds)
      return true
    },
    unpack() {
      const { cells } = columns ?? sampleColumns()
      const unpacked = records.map((record, row): TracedRow => ({ table, cells: cells(row), record }))
      columns = undefined
      records = []
      oldestMs = Number.NEGATIVE_INFINITY
      return unpacked
    },
  }
}
