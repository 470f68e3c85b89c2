import { healthyCondition } from './conditions.ts'
import type { CallShape } from './draft.ts'
import { type CallDraft, type LegDraft, mainId, type ObserverPlan, type StreamDraft } from './plan.ts'
import { hex, type Random } from './random.ts'
import { regionRoundTripMs } from './world.ts'

const devices = ['web', 'web', 'mobile', 'desktop', 'sip'] as const

export interface LegOptions {
  /** Letter that tells the call's legs apart. */
  readonly letter: string
  readonly role: LegDraft['role']
  readonly trunk: boolean
  readonly device?: LegDraft['device'] | undefined
  readonly joinedMs: number
  readonly leftMs: number
}

/** One party's leg. Leg ids are unique everywhere, since they hold the call's id. */
export function createLeg(draft: CallDraft, { letter, role, trunk, device, joinedMs, leftMs }: LegOptions): LegDraft {
  const random = draft.random.fork(`leg-${letter}`)
  return {
    legId: `${draft.ids.callId}-leg-${letter}`,
    role,
    trunk,
    device: trunk ? 'sip' : (device ?? random.pick(devices)),
    sipCallId: `${hex(random, 20)}@sbc.${draft.region}.example`,
    accountId: trunk ? `ext-${hex(random, 12)}` : `acct-${hex(random, 12)}`,
    correlationId: mainId(draft),
    joinedMs,
    leftMs,
  }
}

/** Caller and callee. The carrier is on the caller's side of an inbound call, on the callee's of an outbound one. */
export function legsOf(draft: CallDraft, { device }: CallShape): readonly LegDraft[] {
  const { startMs, ringMs, answerMs, endMs } = draft.times
  const { direction } = draft
  const from = { letter: 'a', role: 'caller', trunk: direction === 'inbound', device } as const
  const to = { letter: 'b', role: 'callee', trunk: direction === 'outbound', device } as const
  return [
    createLeg(draft, { ...from, joinedMs: startMs, leftMs: endMs }),
    createLeg(draft, { ...to, joinedMs: ringMs ?? answerMs ?? startMs, leftMs: endMs }),
  ]
}

/** Both directions of every leg, from answer to end. None for a call that nobody answered. */
export function streamsOf(draft: CallDraft): readonly StreamDraft[] {
  const { answerMs } = draft.times
  if (answerMs === undefined) return []
  return draft.legs.flatMap((leg) => legStreams(draft, leg, Math.max(answerMs, leg.joinedMs)))
}

/** What the party speaks (measured by the platform) and what it hears (measured at its own end). */
export function legStreams(draft: CallDraft, leg: LegDraft, fromMs: number): readonly StreamDraft[] {
  const random = draft.random.fork(`streams-${leg.legId.slice(-1)}`)
  const roundTripMs = (regionRoundTripMs[draft.region] ?? 40) + (leg.device === 'mobile' ? 22 : 0)
  const stream = (direction: 'send' | 'receive'): StreamDraft => ({
    leg,
    kind: 'audio',
    direction,
    fromMs,
    toMs: leg.leftMs,
    baseline: healthyCondition(random, roundTripMs),
    segments: [],
    observers: direction === 'send' ? sendObservers(draft, leg, random) : receiveObservers(draft, leg, random),
  })
  return [stream('send'), stream('receive')]
}

function sendObservers({ intervalMs }: CallDraft, leg: LegDraft, random: Random): ObserverPlan[] {
  const observers: ObserverPlan[] = [{ observer: 'media_server', scope: 'interval', intervalMs, view: 'full' }]
  if (leg.trunk && random.chance(0.35)) {
    observers.push({ observer: 'sbc', scope: 'interval', intervalMs: 2 * intervalMs, view: 'full' })
  }
  if (leg.device === 'web' && random.chance(0.3)) {
    observers.push({ observer: 'remote', scope: 'cumulative', intervalMs: 2 * intervalMs, view: 'remote_report' })
  }
  return observers
}

function receiveObservers({ intervalMs }: CallDraft, leg: LegDraft, random: Random): ObserverPlan[] {
  if (leg.trunk) return [{ observer: 'gateway', scope: 'interval', intervalMs, view: 'full' }]
  if (leg.device === 'web' || leg.device === 'desktop') {
    return [{ observer: 'browser', scope: 'cumulative', intervalMs, view: 'full' }]
  }
  if (leg.device === 'mobile') return [{ observer: 'phone', scope: 'cumulative', intervalMs, view: 'full' }]
  const scope = random.chance(0.25) ? 'call' : 'interval'
  return [{ observer: 'phone', scope, intervalMs: 2 * intervalMs, view: 'full', finalReport: random.chance(0.5) }]
}

/** The stream of a leg, by role and direction. */
export function streamOf(draft: CallDraft, role: LegDraft['role'], direction: StreamDraft['direction']): StreamDraft {
  const found = draft.streams.find((stream) => stream.leg.role === role && stream.direction === direction)
  if (found === undefined) throw new Error(`${draft.scenario}: no stream ${role}/${direction}`)
  return found
}
