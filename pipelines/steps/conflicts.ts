import type { LogRecord } from '#contracts/event-log.ts'
import { rawColumns } from '#contracts/raw-tables.ts'
import { createRecentMap } from '#quality/recent-map.ts'
import type { Batch } from '../batch.ts'

export interface ConflictWatchOptions {
  /** False for messages that are read again after an unclean stop: they were counted before. */
  readonly isNew: (record: LogRecord) => boolean
  readonly found: (count: number) => void
  /** Identities remembered, about 250 bytes each. */
  readonly max?: number
}

const keyLength = ['tenant', 'correlation_id', 'source', 'id'].length
/** Where a row has its checksum. Tables left out are not watched: to remember every sample would cost more than storing it. */
const checksumAt: Readonly<Partial<Record<string, number>>> = {
  call_events: rawColumns.call_events.indexOf('checksum'),
  cdr_records: rawColumns.cdr_records.indexOf('checksum'),
}

/**
 * Counts events and call detail that come again under one id with unequal content: a fault of their producer. Counted where
 * they come in, because the warehouse keeps one of them and forgets the other at its next merge. Rivals further apart than
 * what is remembered are stored as any others, and not counted.
 */
export function createConflictWatch({ isNew, found, max = 100_000 }: ConflictWatchOptions) {
  const checksums = createRecentMap<string>(max)

  return function watchConflicts({ rows }: Batch): void {
    let count = 0
    for (const { table, cells, record } of rows) {
      const at = checksumAt[table]
      if (at === undefined || !isNew(record)) continue
      const identity = `${table}\u0000${cells.slice(0, keyLength).join('\u0000')}`
      const checksum = String(cells[at])
      const known = checksums.get(identity)
      if (known !== undefined && known !== checksum) count += 1
      // The one that stays in raw: a repeat of it is no conflict.
      checksums.set(identity, known !== undefined && BigInt(known) > BigInt(checksum) ? known : checksum)
    }
    if (count > 0) found(count)
  }
}
