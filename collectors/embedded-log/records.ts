import type { StatementSync } from 'node:sqlite'
import type { LogRecord, NewRecord } from '#contracts/event-log.ts'
import type { LogFile } from './log-file.ts'
import { type Partition, recordsTable } from './partitions.ts'

/** The rows of the partitions' tables. Knows nothing of groups, transactions or time. */
export interface Records {
  insert(partition: Partition, offset: number, logTimeMs: number, record: NewRecord): void
  /** At most `limit` records from `offset` on, never more than what is durable. */
  read(partition: Partition, offset: number, limit: number): LogRecord[]
  logTimeMs(partition: Partition, offset: number): number | undefined
  /** Another log time for the records from an offset on. */
  setLogTime(partition: Partition, fromOffset: number, logTimeMs: number): void
  deleteBefore(partition: Partition, offset: number): void
  /** Another value in the place of one that is to be forgotten. */
  replaceValue(partition: Partition, offset: number, value: Uint8Array): void
}

export function createRecords({ db }: LogFile): Records {
  const prepared = new Map<number, ReturnType<typeof prepare>>()

  function prepare(id: number) {
    const table = recordsTable(id)
    // A value that came as a string is TEXT and comes back as one: for a message of half a kilobyte bytes cost twice the read.
    const read = db.prepare(`SELECT log_offset, log_time_ms, key, headers, value FROM ${table}
      WHERE log_offset >= ? AND log_offset < ? ORDER BY log_offset LIMIT ?`)
    read.setReturnArrays(true)
    return {
      insert: db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?)`),
      read,
      logTime: db.prepare(`SELECT log_time_ms FROM ${table} WHERE log_offset = ?`),
      setLogTime: db.prepare(`UPDATE ${table} SET log_time_ms = ? WHERE log_offset >= ?`),
      replaceValue: db.prepare(`UPDATE ${table} SET value = ? WHERE log_offset = ?`),
      deleteBefore: db.prepare(`DELETE FROM ${table} WHERE log_offset < ?`),
    }
  }

  function statements({ id }: Partition) {
    let known = prepared.get(id)
    if (known === undefined) {
      known = prepare(id)
      prepared.set(id, known)
    }
    return known
  }

  return {
    insert(partition, offset, logTimeMs, { key, headers, value }) {
      // No view on an empty buffer: SQLite would take its null pointer for NULL.
      const bytes = value.length === 0 ? '' : value
      statements(partition).insert.run(offset, logTimeMs, key, headers === undefined ? null : packed(headers), bytes)
    },
    read(partition, offset, limit) {
      return rowsOf(statements(partition).read, offset, partition.end, limit).map((row) => recordOf(partition, row))
    },
    logTimeMs(partition, offset) {
      const value = statements(partition).logTime.get(offset)?.log_time_ms
      return typeof value === 'number' ? value : undefined
    },
    setLogTime(partition, fromOffset, logTimeMs) {
      statements(partition).setLogTime.run(logTimeMs, fromOffset)
    },
    deleteBefore(partition, offset) {
      statements(partition).deleteBefore.run(offset)
    },
    replaceValue(partition, offset, value) {
      statements(partition).replaceValue.run(value, offset)
    },
  }
}

/** The order of the columns in `read` above. */
type Row = [offset: number, logTimeMs: number, key: string | null, headers: string | null, value: string | Uint8Array]

// node:sqlite types every row as a record, also those that `setReturnArrays` makes arrays of.
const rowsOf = (read: StatementSync, from: number, end: number, limit: number): Row[] =>
  read.all(from, end, limit) as unknown as Row[]

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

const recordOf = ({ topic, partition }: Partition, [offset, logTimeMs, key, headers, value]: Row): LogRecord => ({
  topic,
  partition,
  offset,
  logTimeMs,
  key,
  headers: headers === null ? noHeaders : JSON.parse(headers),
  value,
})

function packed(headers: Readonly<Record<string, string>>): string | null {
  const text = JSON.stringify(headers)
  return text === '{}' ? null : text
}
