import { cdrOf } from './billing.ts'
import type { JsonObject } from './message.ts'
import type { CallDraft, EventDraft, LegDraft } from './plan.ts'
import { gatewaysOf, routeOf } from './world.ts'

export const sources = {
  callControl: '/call-control',
  routingEngine: '/routing-engine',
  mediaRecording: '/media-recording-service',
  cdr: '/cdr-service',
  conference: '/conference-service',
} as const

/** The call's life cycle as the platform tells it, in time order of its planning (the log may see another). */
export function signallingOf(draft: CallDraft): EventDraft[] {
  const events = [...setup(draft), ...routing(draft), ...alerting(draft)]
  if (draft.times.answerMs !== undefined) events.push(...answered(draft), ...recording(draft))
  return [...events, ...ending(draft), ...cdrOf(draft)]
}

const control = (type: EventDraft['type'], atMs: number, data: JsonObject, leg?: LegDraft): EventDraft => ({
  type,
  atMs,
  source: sources.callControl,
  data,
  ...(leg !== undefined && { leg }),
})

/** States the codec offered on this leg: events about another leg say nothing of it. */
export const legAdded = (leg: LegDraft, codec: string): EventDraft =>
  control('call.leg_added', leg.joinedMs + 5, { device: leg.device, role: leg.role, codec }, leg)

export const legEnded = (leg: LegDraft, sipCode = 200): EventDraft =>
  control('call.leg_ended', leg.leftMs, { sip_code: sipCode }, leg)

function setup(draft: CallDraft): EventDraft[] {
  const { times, direction, region, carrier, gateway, route, legs } = draft
  const [from, to] = legs
  const inbound = direction === 'inbound' ? { carrier, gateway, route } : {}
  const parties = { from: from?.accountId, to: to?.accountId }
  const events = [control('call.started', times.startMs, { direction, region, ...parties, ...inbound })]
  if (from !== undefined) events.push(legAdded(from, draft.codec.name))
  return events
}

function routing(draft: CallDraft): EventDraft[] {
  const { random, times, direction, carrier } = draft
  if (direction === 'inbound') return random.chance(0.5) ? queueing(draft) : []
  const chosen = { carrier, gateway: draft.gateway, route: draft.route }
  const attempt = (type: EventDraft['type'], afterMs: number, data: JsonObject): EventDraft => ({
    type,
    atMs: times.startMs + afterMs,
    source: sources.routingEngine,
    data,
  })
  if (direction === 'internal')
    return [attempt('call.routed', random.int(60, 200), { attempt: 1, rule: 'internal', delay_ms: 12 })]
  const events: EventDraft[] = []
  const firstFails = random.chance(0.25)
  if (firstFails) {
    const other = otherCarrier(draft)
    events.push(attempt('call.route_attempted', 60, { attempt: 1, rule: 'least-cost', ...other }))
    events.push(
      attempt('call.route_failed', 700, { attempt: 1, rule: 'least-cost', ...other, sip_code: 503, delay_ms: 640 }),
    )
  }
  const number = firstFails ? 2 : 1
  const rule = firstFails ? 'failover' : 'least-cost'
  events.push(attempt('call.route_attempted', 800, { attempt: number, rule, ...chosen }))
  events.push(attempt('call.routed', 1_000, { attempt: number, rule, ...chosen, delay_ms: 200 }))
  return events
}

function otherCarrier({ tenant, carrier, region }: CallDraft) {
  const other = tenant.carriers.find((name) => name !== carrier) ?? tenant.carriers[0] ?? 'none'
  return { carrier: other, gateway: gatewaysOf(other)[0], route: routeOf(other, region) }
}

/** An incoming call waits for an operator; how it leaves the queue follows from whether somebody answers. */
function queueing(draft: CallDraft): EventDraft[] {
  const { random, times, tenant } = draft
  const queue = random.pick(tenant.queues)
  const dequeuedMs = (times.ringMs ?? times.endMs) - 100
  const waited = dequeuedMs - (times.startMs + 300)
  const abandoned = times.answerMs === undefined
  const how = abandoned ? { outcome: 'abandoned' } : { outcome: 'answered', operator_id: `op-${random.int(100, 199)}` }
  return [
    control('call.queued', times.startMs + 300, { queue }),
    control('call.dequeued', dequeuedMs, { queue, wait_ms: waited, ...how }),
  ]
}

function alerting({ times, legs, codec }: CallDraft): EventDraft[] {
  const [, callee] = legs
  if (times.ringMs === undefined || callee === undefined) return []
  return [legAdded(callee, codec.name), control('call.ringing', times.ringMs + 20, {}, callee)]
}

function answered(draft: CallDraft): EventDraft[] {
  const [, callee] = draft.legs
  const { answerMs } = draft.times
  if (callee === undefined || answerMs === undefined) return []
  const stated = { codec: draft.codec.name, media_node: draft.mediaNode }
  return [control('call.answered', answerMs, { device: callee.device, ...stated }, callee)]
}

function recording({ recordingKey, times }: CallDraft): EventDraft[] {
  if (recordingKey === undefined || times.answerMs === undefined) return []
  const source = sources.mediaRecording
  const data = { object_key: recordingKey }
  return [
    { type: 'call.recording_started', atMs: times.answerMs + 400, source, data },
    { type: 'call.recording_stopped', atMs: times.endMs, source, data },
  ]
}

function ending(draft: CallDraft): EventDraft[] {
  const { random, times, legs } = draft
  const outcome =
    times.answerMs !== undefined
      ? { sip_code: 200, q850_cause: 16, ended_by: random.pick(['caller', 'callee']) }
      : random.pick([
          { sip_code: 486, q850_cause: 17, ended_by: 'callee' },
          { sip_code: 480, q850_cause: 19, ended_by: 'platform' },
          { sip_code: 487, q850_cause: 16, ended_by: 'caller' },
        ])
  return [...legs.map((leg) => legEnded(leg, outcome.sip_code)), control('call.ended', times.endMs, outcome)]
}
