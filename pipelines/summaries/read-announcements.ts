import type { Announcement, Change } from '#contracts/changes.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'

/**
 * Changes of one message of `call-changes`. The topic is ours alone: a message that does not parse was written by a
 * newer program or a broken one, and there is nothing in it that could be recomputed. Neither is there in a change without
 * what every change has, and it must not stop the others: a message is read again and again until it is committed.
 */
export function readAnnouncements(record: Pick<LogRecord, 'value'>): readonly Change[] {
  try {
    const announcement = JSON.parse(textOf(record)) as Announcement
    return announcement.v === 1 && Array.isArray(announcement.changes) ? announcement.changes.filter(isChange) : []
  } catch {
    return []
  }
}

function isChange(value: unknown): value is Change {
  if (typeof value !== 'object' || value === null) return false
  const { tenant, id, minutes, urgency, worst } = value as Partial<Change>
  const isNamed = typeof tenant === 'string' && typeof id === 'string' && id !== ''
  return isNamed && (urgency === 'now' || urgency === 'running') && typeof worst === 'number' && areMinutes(minutes)
}

/** 32 bits of seconds are what the store's times have. */
const lastMinute = Math.floor(0xffff_ffff / 60)

const areMinutes = (minutes: unknown): boolean =>
  Array.isArray(minutes) && minutes.every((at) => Number.isInteger(at) && at >= 0 && at <= lastMinute)
