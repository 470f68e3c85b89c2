import type { Announcement, Change } from '#contracts/changes.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'

/** What one message of `call-changes` says, and what in it could not be read. */
export interface ReadAnnouncement {
  readonly changes: readonly Change[]
  /** Why it is a dead letter; undefined: all of it could be read. */
  readonly refused: { readonly reason: ParkReason; readonly detail: string } | undefined
}

/**
 * The topic is ours alone: what cannot be read was written by a newer program or a broken one. Its calls are computed with
 * their next announcement, so that it is told of, and must not stop the others: a message is read again until it is committed.
 */
export function readAnnouncements(record: Pick<LogRecord, 'value'>): ReadAnnouncement {
  const announcement = parsed(record)
  if (announcement === undefined) return refused('malformed_json', 'value: not JSON')
  const { v, changes } = announcement
  if (v !== 1 || !Array.isArray(changes))
    return refused('invalid_schema', 'v: another than 1; run the same version of callscope everywhere')
  const read = changes.filter(isChange)
  if (read.length === changes.length) return { changes: read, refused: undefined }
  const detail = `changes: ${changes.length - read.length} of ${changes.length} lack what every change has`
  return { changes: read, refused: { reason: 'invalid_schema', detail } }
}

const refused = (reason: ParkReason, detail: string): ReadAnnouncement => ({ changes: [], refused: { reason, detail } })

function parsed(record: Pick<LogRecord, 'value'>): Partial<Announcement> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(record))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return undefined
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
