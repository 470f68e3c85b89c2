import type { CallEventRow, CallRecord, CdrRow, EpochMs, StreamDigest } from '#contracts/call-record.ts'
import type { Patience } from './fold.ts'

/** When a call was what. */
export interface FoldTimes {
  readonly state: CallRecord['state']
  readonly startedMs: EpochMs
  readonly answeredMs: EpochMs | undefined
  readonly endedMs: EpochMs | undefined
  readonly endedBecause: CallRecord['endedBecause']
  readonly endedBy: string | undefined
  readonly disposition: CallRecord['disposition']
  readonly sipCode: number | undefined
  readonly q850Cause: number | undefined
  readonly setupMs: number | undefined
  readonly talkMs: number | undefined
  /** When the state changes by itself. */
  readonly changesAtMs: EpochMs | undefined
}

export interface TimesInput {
  readonly events: readonly CallEventRow[]
  readonly cdrs: readonly CdrRow[]
  readonly streams: readonly StreamDigest[]
  readonly asOfMs: EpochMs
  readonly patience: Patience
}

const startTypes: ReadonlySet<string> = new Set(['call.started', 'conference.started'])
const endTypes: ReadonlySet<string> = new Set(['call.ended', 'conference.ended'])
const setupTypes: ReadonlySet<string> = new Set(['call.ringing', 'call.answered'])

/** Undefined when nothing says that there was a call. */
export function foldTimes({ events, cdrs, streams, asOfMs, patience }: TimesInput): FoldTimes | undefined {
  const activity = [...events.map(({ atMs }) => atMs), ...streams.flatMap(({ firstMs, lastMs }) => [firstMs, lastMs])]
  const startedMs = startOf(events, cdrs, activity)
  if (startedMs === undefined) return undefined
  // No spread: a component may have more events than a call of a function takes arguments.
  const lastMs = activity.length === 0 ? startedMs : activity.reduce((latest, at) => Math.max(latest, at))
  const answeredMs = answerOf(events, cdrs)
  const ended = endOf({ events, cdrs, streams, asOfMs, patience }, lastMs)
  const endEvent = events.findLast(({ type }) => type === 'call.ended')
  const firstSound = events.find(({ type }) => setupTypes.has(type))
  return {
    ...stateOf(ended.endedMs, asOfMs, patience, ended.silentAtMs),
    startedMs,
    answeredMs,
    endedMs: ended.endedMs,
    endedBecause: ended.because,
    endedBy: textOf(endEvent, 'ended_by'),
    disposition: dispositionOf(events, cdrs, answeredMs, ended.endedMs),
    sipCode: numberOf(endEvent, 'sip_code'),
    q850Cause: numberOf(endEvent, 'q850_cause'),
    setupMs: firstSound === undefined ? undefined : Math.max(0, firstSound.atMs - startedMs),
    talkMs: answeredMs === undefined ? undefined : Math.max(0, (ended.endedMs ?? lastMs) - answeredMs),
  }
}

/** The start that was stated; else the record of the call detail; else the first that was seen of the call. */
function startOf(
  events: readonly CallEventRow[],
  cdrs: readonly CdrRow[],
  activity: readonly number[],
): number | undefined {
  const stated = events.find(({ type }) => startTypes.has(type))?.atMs ?? timeOf(cdrs, 'started_at')
  if (stated !== undefined) return stated
  if (activity.length > 0) return activity.reduce((least, at) => Math.min(least, at))
  return cdrs[0]?.atMs
}

const answerOf = (events: readonly CallEventRow[], cdrs: readonly CdrRow[]): number | undefined =>
  events.find(({ type }) => type === 'call.answered' || type === 'conference.joined')?.atMs ??
  timeOf(cdrs, 'answered_at')

function endOf(
  { events, cdrs, streams, asOfMs, patience }: TimesInput,
  lastMs: number,
): { readonly endedMs: number | undefined; readonly because: CallRecord['endedBecause']; readonly silentAtMs: number } {
  const silentAtMs = lastMs + (streams.length > 0 ? patience.silenceMs : patience.signallingSilenceMs)
  const said = saidEnd(events) ?? everybodyLeft(events)
  if (said !== undefined) return { endedMs: said, because: 'event', silentAtMs }
  const recorded = recordedEnd(events, cdrs)
  if (recorded !== undefined) return { endedMs: recorded, because: 'cdr', silentAtMs }
  if (asOfMs >= silentAtMs) return { endedMs: lastMs, because: 'silence', silentAtMs }
  return { endedMs: undefined, because: undefined, silentAtMs }
}

/** The last end stated, once every correlation id that started has ended: of two linked halves, one may go on. */
function saidEnd(events: readonly CallEventRow[]): number | undefined {
  const open = new Set(events.filter(({ type }) => startTypes.has(type)).map(({ correlationId }) => correlationId))
  let end: number | undefined
  for (const { type, correlationId, atMs } of events) {
    if (!endTypes.has(type)) continue
    open.delete(correlationId)
    end = Math.max(end ?? atMs, atMs)
  }
  return open.size === 0 ? end : undefined
}

/** The last end that call detail states, once every correlation id that started has ended by one or the other. */
function recordedEnd(events: readonly CallEventRow[], cdrs: readonly CdrRow[]): number | undefined {
  const ends = [...cdrs].flatMap((cdr) => {
    const atMs = timeOf([cdr], 'ended_at')
    return atMs === undefined ? [] : [{ correlationId: cdr.correlationId, atMs }]
  })
  const ended = new Set(
    [...ends, ...events.filter(({ type }) => endTypes.has(type))].map(({ correlationId }) => correlationId),
  )
  const open = events.some(({ type, correlationId }) => startTypes.has(type) && !ended.has(correlationId))
  return open || ends.length === 0 ? undefined : Math.max(...ends.map(({ atMs }) => atMs))
}

/** A conference that nobody ended is over when every leg that joined it has left. */
function everybodyLeft(events: readonly CallEventRow[]): number | undefined {
  const inside = new Set<unknown>()
  let lastLeft: number | undefined
  for (const { type, data, atMs } of events) {
    if (type === 'conference.joined') inside.add(data.leg_id)
    if (type !== 'conference.left') continue
    inside.delete(data.leg_id)
    lastLeft = atMs
  }
  return inside.size === 0 ? lastLeft : undefined
}

function stateOf(
  endedMs: number | undefined,
  asOfMs: number,
  { settleMs }: Patience,
  silentAtMs: number,
): Pick<FoldTimes, 'state' | 'changesAtMs'> {
  if (endedMs === undefined) return { state: 'open', changesAtMs: silentAtMs }
  const settledAtMs = endedMs + settleMs
  return asOfMs >= settledAtMs
    ? { state: 'settled', changesAtMs: undefined }
    : { state: 'settling', changesAtMs: settledAtMs }
}

function dispositionOf(
  events: readonly CallEventRow[],
  cdrs: readonly CdrRow[],
  answeredMs: number | undefined,
  endedMs: number | undefined,
): CallRecord['disposition'] {
  if (answeredMs !== undefined) return 'answered'
  const signalled = events.some(({ type }) => type.startsWith('call.')) || cdrs.length > 0
  // Media that nobody signalled is judged as a call; whether it was answered nobody knows.
  if (!signalled) return 'unknown'
  return endedMs === undefined ? 'unknown' : 'not_answered'
}

/** Times that call detail states are nobody's to check on arrival. What no event may be is no time of a call either. */
const earliestMs = Date.UTC(2001, 8, 10)
const latestMs = Date.UTC(2100, 0)

function timeOf(cdrs: readonly CdrRow[], field: string): number | undefined {
  for (const { data } of cdrs) {
    const value = data[field]
    const atMs = typeof value === 'string' ? Date.parse(value) : Number.NaN
    if (atMs >= earliestMs && atMs <= latestMs) return atMs
  }
  return undefined
}

const textOf = (event: CallEventRow | undefined, field: string): string | undefined => {
  const value = event?.data[field]
  return typeof value === 'string' ? value : undefined
}

const numberOf = (event: CallEventRow | undefined, field: string): number | undefined => {
  const value = event?.data[field]
  return typeof value === 'number' ? value : undefined
}
