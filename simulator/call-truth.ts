import { type CallDraft, codecAt, type EventDraft } from './plan.ts'
import type { CallTruth, StreamTruth } from './truth.ts'

/** What was counted while the call's messages were made. */
export interface Counted {
  readonly streams: readonly StreamTruth[]
  readonly lastSampleMs: number
  readonly evidence: number
  readonly logs: number
  readonly spans: number
  readonly auditEvents: number
  readonly activityEvents: number
}

/** The truth of one call, from its plan and nothing else. */
export function callTruth(draft: CallDraft, counted: Counted): CallTruth {
  const { events } = draft
  const signalled = events.some(isCallEvent)
  const ids = [...draft.correlationIds].sort()
  return {
    ...draft.expected,
    index: draft.index,
    scenario: draft.scenario,
    faults: draft.faults,
    tenant: draft.tenant.id,
    id: ids[0] ?? '',
    correlationIds: ids,
    traceIds: draft.telemetry ? [draft.traceId] : [],
    startedMs: least(timesOf(events, 'call.started', 'conference.started')),
    answeredMs: least(timesOf(events, 'call.answered')),
    ...endingOf(events),
    lastSeenMs: Math.max(counted.lastSampleMs, ...events.map(({ atMs }) => atMs)),
    disposition: dispositionOf(events),
    conference: draft.ids.confSessionId !== undefined,
    direction: signalled ? draft.direction : undefined,
    carrier: signalled ? draft.carrier : undefined,
    gateway: signalled ? draft.gateway : undefined,
    route: signalled ? draft.route : undefined,
    region: signalled ? draft.region : undefined,
    codec: events.some(({ data }) => data.codec !== undefined) ? codecAt(draft, draft.times.endMs).name : undefined,
    mediaNode: events.some(({ data }) => data.media_node !== undefined) ? draft.mediaNode : undefined,
    // An observer that never saw reason to report is no view of the stream.
    streams: counted.streams.filter(({ samples }) => samples > 0),
    distinct: {
      samples: counted.streams.reduce((sum, { samples }) => sum + samples, 0),
      callEvents: events.filter(isCallEvent).length,
      cdrEvents: events.filter((event) => !isCallEvent(event)).length,
      auditEvents: counted.auditEvents,
      activityEvents: counted.activityEvents,
      logs: counted.logs,
      spans: counted.spans,
    },
    evidence: counted.evidence,
  }
}

const isCallEvent = ({ type }: EventDraft): boolean => !type.startsWith('cdr.')

const timesOf = (events: readonly EventDraft[], ...types: EventDraft['type'][]): readonly number[] =>
  events.filter(({ type }) => types.includes(type)).map(({ atMs }) => atMs)

const least = (values: readonly number[]): number | undefined => (values.length > 0 ? Math.min(...values) : undefined)

function dispositionOf(events: readonly EventDraft[]): CallTruth['disposition'] {
  if (events.some(({ type }) => type === 'call.answered')) return 'answered'
  return events.some(isCallEvent) ? 'not_answered' : 'unknown'
}

/** The last end that is told of; else the call detail record's; else nobody knows but the silence. */
function endingOf(
  events: readonly EventDraft[],
): Pick<CallTruth, 'endedMs' | 'endedBecause' | 'endedBy' | 'sipCode' | 'q850Cause'> {
  const ends = events.filter(({ type }) => type === 'call.ended').sort((a, b) => b.atMs - a.atMs)
  const [last] = ends
  if (last !== undefined) {
    const { ended_by, sip_code, q850_cause } = last.data
    return {
      endedMs: last.atMs,
      endedBecause: 'event',
      endedBy: typeof ended_by === 'string' ? ended_by : undefined,
      sipCode: typeof sip_code === 'number' ? sip_code : undefined,
      q850Cause: typeof q850_cause === 'number' ? q850_cause : undefined,
    }
  }
  const unknown = { endedBy: undefined, sipCode: undefined, q850Cause: undefined }
  const record = events.find(({ type }) => type === 'cdr.recorded')
  const endedAt = record?.data.ended_at
  if (typeof endedAt !== 'string') return { endedMs: undefined, endedBecause: 'silence', ...unknown }
  return { endedMs: Date.parse(endedAt), endedBecause: 'cdr', ...unknown }
}
