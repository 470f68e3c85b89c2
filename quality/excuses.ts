import type { CallEventRow, EpochMs } from '#contracts/call-record.ts'
import { type Span, union } from './spans.ts'
import { createEnds } from './streams.ts'
import type { CallFacts } from './views.ts'

/** Why silence in a direction is no fault at some time: hold, or the speaker's mute. */
export interface Excuses {
  /** Spans during which the direction spoken by `from` may be silent. */
  silenceOf(from: string): readonly Span[]
  /** False for directions in which the producer said no media would flow (call.started expected_streams). */
  expects(label: string): boolean
}

/** Reads hold, mute and expected streams out of a call's events (in time order). A hold excuses both directions. */
export function createExcuses({ legs, streams, conference }: CallFacts, events: readonly CallEventRow[]): Excuses {
  const endsOf = createEnds({ legs, streams, conference })
  const held = openSpans(events, ['call.held'], ['call.resumed'])
  const muted = openSpans(events, ['call.muted', 'conference.muted'], ['call.unmuted', 'conference.unmuted'])
  const everybody = [...held.values()].flat()
  const anybody = muted.get('') ?? []
  const expected = expectedLabel(events)
  return {
    silenceOf(from) {
      const own = [...muted].flatMap(([legId, spans]) =>
        legId !== '' && endsOf({ legId, direction: 'send' }).from === from ? spans : [],
      )
      return union([...everybody, ...anybody, ...own])
    },
    expects: (label) => expected === 'both' || expected === label,
  }
}

/**
 * Spans from an opening event to the closing one of the same leg, by leg ('' where the event names none). A close that
 * names no leg closes all; what never closes stays open.
 */
function openSpans(
  events: readonly CallEventRow[],
  opening: readonly string[],
  closing: readonly string[],
): ReadonlyMap<string, Span[]> {
  const spans = new Map<string, Span[]>()
  const open = new Map<string, EpochMs>()
  const close = (legId: string, toMs: EpochMs) => {
    const fromMs = open.get(legId)
    if (fromMs === undefined) return
    open.delete(legId)
    spans.set(legId, [...(spans.get(legId) ?? []), { fromMs, toMs }])
  }
  for (const event of events) {
    const legId = typeof event.data.leg_id === 'string' ? event.data.leg_id : ''
    if (opening.includes(event.type) && !open.has(legId)) open.set(legId, event.atMs)
    if (!closing.includes(event.type)) continue
    const closed = legId === '' ? [...open.keys()] : [legId, '']
    for (const each of closed) close(each, event.atMs)
  }
  for (const legId of [...open.keys()]) close(legId, Number.MAX_SAFE_INTEGER)
  return spans
}

/** `call.started` may say that media flows one way only (an announcement, a dictation), seen from the caller. */
function expectedLabel(events: readonly CallEventRow[]): 'both' | 'none' | 'caller -> callee' | 'callee -> caller' {
  const said = events.find(({ type, data }) => type === 'call.started' && data.expected_streams !== undefined)?.data
    .expected_streams
  if (said === 'send_only') return 'caller -> callee'
  if (said === 'receive_only') return 'callee -> caller'
  return said === 'none' ? 'none' : 'both'
}
