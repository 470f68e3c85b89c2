import type { Announcement, Change } from '#contracts/changes.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'

/**
 * Changes of one message of `call-changes`. The topic is ours alone: a message that does not parse was written by a
 * newer program or a broken one, and there is nothing in it that could be recomputed.
 */
export function readAnnouncements(record: Pick<LogRecord, 'value'>): readonly Change[] {
  try {
    const announcement = JSON.parse(textOf(record)) as Announcement
    return announcement.v === 1 && Array.isArray(announcement.changes) ? announcement.changes : []
  } catch {
    return []
  }
}
