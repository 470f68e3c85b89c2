import type { CallEventRow, CallRecord, LegSummary } from '#contracts/call-record.ts'
import type { Range } from '../axis/range.ts'

export type MarkTone = 'plain' | 'good' | 'warn' | 'bad'

export interface Mark {
  readonly atMs: number
  readonly event: CallEventRow
  readonly tone: MarkTone
  /** Lower is written first where not all labels have room. */
  readonly rank: number
}

/** One rung: a leg, or the call itself for what belongs to no leg. */
export interface Rung {
  readonly id: string
  readonly leg: LegSummary | undefined
  /** From joining to leaving. */
  readonly alive: Range | undefined
  readonly ringing: readonly Range[]
  readonly held: readonly Range[]
  readonly marks: readonly Mark[]
}

/** A conference of thousands is read from its table; nobody reads so many lanes. */
export const maxRungs = 40

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const legOf = (event: CallEventRow): string => text(event.data.leg_id) ?? ''

/** Who was in the call when, and what happened to each. */
export function rungsOf(record: CallRecord, untilMs: number): readonly Rung[] {
  const ofLeg = Map.groupBy(record.events, legOf)
  const known = new Set(record.legs.map(({ legId }) => legId))
  // Events of a leg that never joined: of the call then, rather than nowhere.
  const stray = [...ofLeg].flatMap(([legId, events]) => (known.has(legId) ? [] : events))
  const endMs = record.endedMs ?? untilMs
  const whole = rungOf('', undefined, { fromMs: record.startedMs, toMs: endMs }, stray)
  const legs = record.legs
    .slice(0, maxRungs)
    .map((leg) => rungOf(leg.legId, leg, aliveOf(leg, record, endMs), ofLeg.get(leg.legId) ?? []))
  return whole.marks.length === 0 && legs.length > 0 ? legs : [whole, ...legs]
}

function aliveOf({ addedMs, endedMs }: LegSummary, { startedMs }: CallRecord, endMs: number): Range {
  const fromMs = addedMs ?? startedMs
  return { fromMs, toMs: Math.max(fromMs, endedMs ?? endMs) }
}

function rungOf(id: string, leg: LegSummary | undefined, alive: Range, events: readonly CallEventRow[]): Rung {
  const sorted = [...events].sort((a, b) => a.atMs - b.atMs)
  return {
    id,
    leg,
    alive,
    ringing: pairs(sorted, 'call.ringing', ['call.answered', 'call.leg_ended', 'call.ended'], alive.toMs),
    held: pairs(sorted, 'call.held', ['call.resumed', 'call.leg_ended', 'call.ended'], alive.toMs),
    marks: sorted.map(markOf),
  }
}

/** From each opening event to the first closing one after it; to the end where nothing closes. */
function pairs(
  events: readonly CallEventRow[],
  opens: string,
  closes: readonly string[],
  endMs: number,
): readonly Range[] {
  return events.flatMap(({ type, atMs }, index) => {
    if (type !== opens) return []
    const end = events.slice(index + 1).find((later) => closes.includes(later.type))?.atMs ?? endMs
    return end > atMs ? [{ fromMs: atMs, toMs: end }] : []
  })
}

const importance = [
  ...[
    'call.answered',
    'call.ended',
    'conference.ended',
    'call.transferred',
    'call.route_failed',
    'call.recording_failed',
  ],
  ...['call.held', 'call.resumed', 'call.ringing', 'call.started', 'conference.started', 'conference.joined'],
  ...['conference.left', 'call.codec_changed', 'call.queued', 'call.dequeued', 'call.routed', 'call.leg_ended'],
]

function markOf(event: CallEventRow): Mark {
  const place = importance.indexOf(event.type)
  return { atMs: event.atMs, event, tone: toneOf(event), rank: place < 0 ? importance.length : place }
}

function toneOf({ type, data }: CallEventRow): MarkTone {
  if (type === 'call.answered' || type === 'conference.joined') return 'good'
  if (type.endsWith('_failed')) return 'bad'
  const sipCode = typeof data.sip_code === 'number' ? data.sip_code : 0
  if (type === 'call.ended' || type === 'call.leg_ended') return sipCode >= 400 ? 'bad' : 'plain'
  return type === 'call.held' || type === 'call.transferred' || type === 'call.muted' ? 'warn' : 'plain'
}
