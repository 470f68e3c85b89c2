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
  const detail = `changes: ${changes.length - read.length} of ${changes.length} lack what every change has, or name a call by what is no id`
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
  const { tenant, id, minutes, urgency, worst, badMs } = value as Partial<Change>
  const isUrgency = urgency === 'now' || urgency === 'running'
  const isRank = worst === 0 || worst === 1 || worst === 2
  const isBad = badMs === undefined || (typeof badMs === 'number' && badMs >= 0)
  return isName(tenant) && isName(id) && isUrgency && isRank && isBad && areMinutes(minutes)
}

/** An id has 200 characters at most, and one made of a trace id less. */
const longestName = 250

/**
 * What no edge and no decode takes for an id, an earlier version may have announced: a store may refuse the statement in which
 * it stands, and all other calls of the batch with it.
 */
const isName = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && name.length <= longestName && name.isWellFormed() && !control.test(name)

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
const control = /[\u0000-\u001f\u007f]/

/** 32 bits of seconds are what the store's times have. */
const lastMinute = Math.floor(0xffff_ffff / 60)

const areMinutes = (minutes: unknown): boolean =>
  Array.isArray(minutes) && minutes.every((at) => Number.isInteger(at) && at >= 0 && at <= lastMinute)
