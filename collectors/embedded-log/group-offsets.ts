import type { TopicPartition } from '#contracts/event-log.ts'
import type { LogFile } from './log-file.ts'
import type { LogTime } from './log-time.ts'
import type { Partition } from './partitions.ts'

/** How often a partition's committed offset is noted down for `rewind`, and how far back the notes reach. */
const historyStepMs = 30_000
const historyReachMs = 20 * 60_000

// Stands for "before its first commit". Real notes count from zero.
const beforeAll = -1

export type PlacedOffset = TopicPartition & { readonly offset: number }

/** Committed offsets of every group, and where they stood over the last twenty minutes of running time. */
export interface GroupOffsets {
  committed(group: string, partition: Partition): number | undefined
  /** Inside a transaction. */
  commit(group: string, partition: Partition, offset: number): void
  /** Offset committed `runningMs` of running time ago (or up to half a minute before that). */
  committedBefore(group: string, partition: Partition, runningMs: number): number | undefined
  /** Inside a transaction: make an earlier offset the committed one, and forget what came after. */
  rewind(group: string, partition: Partition, runningMs: number): number | undefined
  /** Inside a transaction. */
  forget(group: string, partition: Partition): void
  /** Least offset any group may still go back to here. Undefined: no group has ever committed. */
  hold(partition: Partition): number | undefined
  groups(): readonly string[]
}

export function createGroupOffsets({ db }: LogFile, logTime: LogTime): GroupOffsets {
  const sql = prepareStatements(db)

  /** The newest note at or before a running time: running time and offset. */
  function noteBefore(group: string, { id }: Partition, runningMs: number) {
    const row = sql.note.get(group, id, Math.max(runningMs, beforeAll))
    return row === undefined ? undefined : { runningMs: Number(row.running_ms), offset: Number(row.next_offset) }
  }

  function note(group: string, partition: Partition, offset: number): void {
    const nowMs = logTime.runningMs()
    const last = noteBefore(group, partition, nowMs)
    if (last === undefined) sql.addNote.run(group, partition.id, beforeAll, partition.start)
    else if (last.runningMs > beforeAll && nowMs - last.runningMs < historyStepMs) return
    sql.addNote.run(group, partition.id, nowMs, offset)
    // The newest note beyond the reach stays: it is the one that held at that time.
    const oldest = noteBefore(group, partition, nowMs - historyReachMs)
    if (oldest !== undefined) sql.dropNotesBefore.run(group, partition.id, oldest.runningMs)
  }

  function before(group: string, partition: Partition, runningMs: number) {
    return noteBefore(group, partition, logTime.runningMs() - runningMs)
  }

  return {
    committed: (group, { id }) => numberOf(sql.committed.get(group, id), 'next_offset'),
    commit(group, partition, offset) {
      sql.commit.run(group, partition.id, offset)
      note(group, partition, offset)
    },
    committedBefore: (group, partition, runningMs) => before(group, partition, runningMs)?.offset,
    rewind(group, partition, runningMs) {
      const found = before(group, partition, runningMs)
      if (found === undefined) return undefined
      sql.commit.run(group, partition.id, found.offset)
      sql.dropNotesAfter.run(group, partition.id, found.runningMs)
      return found.offset
    },
    forget(group, { id }) {
      sql.forget.run(group, id)
      sql.dropNotesAfter.run(group, id, beforeAll - 1)
    },
    hold: ({ id }) => numberOf(sql.hold.get(id, id), 'hold'),
    groups: () => sql.groups.all().map((row) => String(row.group_name)),
  }
}

function prepareStatements(db: LogFile['db']) {
  const ofOne = 'group_name = ? AND partition_id = ?'
  return {
    committed: db.prepare(`SELECT next_offset FROM committed WHERE ${ofOne}`),
    commit: db.prepare(`INSERT INTO committed VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset`),
    forget: db.prepare(`DELETE FROM committed WHERE ${ofOne}`),
    note: db.prepare(`SELECT running_ms, next_offset FROM commit_history
      WHERE ${ofOne} AND running_ms <= ? ORDER BY running_ms DESC LIMIT 1`),
    addNote: db.prepare(`INSERT INTO commit_history VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset`),
    dropNotesBefore: db.prepare(`DELETE FROM commit_history WHERE ${ofOne} AND running_ms < ?`),
    dropNotesAfter: db.prepare(`DELETE FROM commit_history WHERE ${ofOne} AND running_ms > ?`),
    // The notes count too: a rewind must find its records still there.
    hold: db.prepare(`SELECT min(next_offset) AS hold FROM (
      SELECT next_offset FROM committed WHERE partition_id = ?
      UNION ALL SELECT next_offset FROM commit_history WHERE partition_id = ?)`),
    groups: db.prepare('SELECT DISTINCT group_name FROM committed ORDER BY group_name'),
  }
}

function numberOf(row: Record<string, unknown> | undefined, column: string): number | undefined {
  const value = row?.[column]
  return typeof value === 'number' ? value : undefined
}
