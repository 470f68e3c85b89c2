import { activityOf } from './activity.ts'
import { auditOf } from './audit.ts'
import { callTruth } from './call-truth.ts'
import type { Emission, MessageEmission, Source } from './emission.ts'
import type { JsonObject } from './message.ts'
import { type CallDraft, type EventDraft, type LegDraft, mainId, type ObserverPlan, type StreamDraft } from './plan.ts'
import { samplesOf } from './sampling.ts'
import { createStreamTally } from './tally.ts'
import { evidenceCount, telemetryOf } from './telemetry.ts'
import type { CallTruth } from './truth.ts'

/** A planned call, ready to be told: its sources of messages, and what they must add up to. */
export interface PlayedCall {
  readonly sources: readonly Source[]
  /** Complete once every source has been read to its end. */
  truth(): CallTruth
}

/** Samples are made while they are read, so that a call costs its plan and not its messages. */
export function playCall(draft: CallDraft): PlayedCall {
  const events = draft.events.map((event, at) => eventMessage(draft, event, at)).sort((a, b) => a.atMs - b.atMs)
  const telemetry = telemetryOf(draft)
  const audit = auditOf(draft)
  const activity = activityOf(draft)
  const observed = draft.streams.flatMap((stream, at) =>
    stream.observers.map((plan) => {
      const random = draft.random.fork(`observer-${at}-${plan.observer}`)
      return { draft, stream, plan, random, tally: createStreamTally(stream, plan) }
    }),
  )
  const told: readonly (readonly Emission[])[] = [events, telemetry, audit]
  return {
    sources: [
      ...told.filter((emissions) => emissions.length > 0).map((emissions) => emissions.values()),
      ...observed.map((sampled) => sampleMessages(draft, sampled)),
      // Last, because a source's place decides how its messages travel.
      ...(activity.length > 0 ? [activity.values()] : []),
    ],
    truth: () =>
      callTruth(draft, {
        streams: observed.map(({ tally }) => tally.truth()),
        lastSampleMs: Math.max(...observed.map(({ tally }) => tally.lastMs()), 0),
        evidence: evidenceCount(telemetry),
        logs: telemetry.filter(({ kind }) => kind === 'log').length,
        spans: telemetry.filter(({ kind }) => kind === 'span').length,
        auditEvents: audit.length,
        activityEvents: activity.length,
      }),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

function eventMessage(draft: CallDraft, event: EventDraft, at: number): MessageEmission {
  const { atMs, type, source, leg, data, lateMs } = event
  const id = event.correlationId ?? leg?.correlationId ?? mainId(draft)
  const family = type.slice(0, type.indexOf('.'))
  const topic = family === 'call' ? 'call-events' : family === 'conference' ? 'conf-events' : 'cdr-events'
  // Numbered by place in the plan: services count for themselves, so equal ids come from different sources.
  const number = draft.events.slice(0, at).filter((other) => other.source === source).length + 1
  const value = {
    specversion: '1.0',
    id: `${id}-${number}`,
    source,
    type,
    time: iso(atMs),
    tenantid: draft.tenant.id,
    ...traceContext(draft, id),
    correlationid: id,
    data: { ...idsOf(draft, id, leg), ...data },
  }
  return { kind: 'message', topic, key: id, value, atMs, lateMs }
}

/** A part that travels under another correlation id does not know this call's trace; a link says so, perhaps late. */
const traceContext = (draft: CallDraft, id: string): JsonObject =>
  draft.telemetry && sharesIds(draft, id)
    ? { traceparent: `00-${draft.traceId}-4${draft.traceId.slice(1, 16)}-01` }
    : {}

const sharesIds = (draft: CallDraft, id: string): boolean =>
  id === mainId(draft) || draft.ids.confSessionId !== undefined

function idsOf(draft: CallDraft, id: string, leg: LegDraft | undefined): JsonObject {
  const { callId, sessionId, sipSessionId, confSessionId } = draft.ids
  const own = id === mainId(draft) ? { call_id: callId, session_id: sessionId, sip_session_id: sipSessionId } : {}
  const conference = confSessionId === undefined ? {} : { conf_session_id: confSessionId }
  return { ...own, ...conference, ...(leg !== undefined && legIds(leg)) }
}

const legIds = (leg: LegDraft): JsonObject => ({
  leg_id: leg.legId,
  account_id: leg.accountId,
  sip_call_id: leg.sipCallId,
})

interface Observed {
  readonly stream: StreamDraft
  readonly plan: ObserverPlan
}

/** Samples carry the leg and the call, and leave the other ids to events: they are most of the traffic. */
function* sampleMessages(draft: CallDraft, sampled: Observed & Parameters<typeof samplesOf>[0]): Generator<Emission> {
  const { stream, plan } = sampled
  const { leg, kind, direction } = stream
  const id = leg.correlationId
  const ids = { leg_id: leg.legId, ...(id === mainId(draft) && { call_id: draft.ids.callId }) }
  const source = plan.observer === 'media_server' ? `/media-server/${draft.mediaNode}` : `/${plan.observer}`
  const name = `${leg.legId}-${kind}-${direction}-${plan.observer}`
  for (const { atMs, sequence, data } of samplesOf(sampled)) {
    const value = {
      specversion: '1.0',
      id: `${name}-${sequence}`,
      source,
      type: 'quality.sample',
      time: iso(atMs),
      tenantid: draft.tenant.id,
      correlationid: id,
      data: { ...ids, observer: plan.observer, kind, direction, sequence, ...data },
    }
    yield { kind: 'message', topic: 'quality-samples', key: id, value, atMs: atMs - (plan.skewMs ?? 0) }
  }
}
