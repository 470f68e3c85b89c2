import { answeredMs } from '../draft.ts'
import { streamOf } from '../legs.ts'
import type { CallDraft, Condition, StreamDraft } from '../plan.ts'
import type { Random } from '../random.ts'
import { codecs } from '../world.ts'
import type { Scenario } from './scenario.ts'

/** Well over the poor limit of 5 %, and every codec's MOS well under 3.1 or unknown. */
export const heavyLoss = (random: Random): Partial<Condition> => ({
  loss: random.between(0.09, 0.15),
  discard: random.between(0.01, 0.03),
  concealed: random.between(0.09, 0.14),
  jitterMs: random.between(14, 24),
})

/** A part of the call that is long enough to decide its class: at least 25 s and a third of the talk. */
export function badStretch({ times, scenario }: CallDraft, random: Random) {
  const fromMs = times.answerMs
  if (fromMs === undefined) throw new Error(`${scenario} is for answered calls`)
  const talkMs = times.endMs - fromMs
  const lastsMs = Math.max(25_000, Math.round(talkMs * random.between(0.35, 0.6)))
  // Clear of the call's end: whether it ended in a bad stretch is another question.
  const startMs = fromMs + random.int(2_000, Math.max(2_000, talkMs - lastsMs - 12_000))
  return { fromMs: startMs, toMs: startMs + lastsMs }
}

const legStreams = (draft: CallDraft, which: (stream: StreamDraft) => boolean): readonly StreamDraft[] =>
  draft.streams.filter(which)

const talkMs = [60_000, 150_000] as const

/** A carrier that turns bad and recovers: both directions of its leg, nothing else. */
const carrierLoss: Scenario = {
  name: 'carrier_loss',
  weight: 5,
  shape: { direction: 'outbound', talkMs },
  plant(draft, random) {
    const stretch = badStretch(draft, random)
    for (const stream of legStreams(draft, ({ leg }) => leg.trunk)) {
      stream.segments.push({ ...stretch, change: heavyLoss(random) })
    }
    draft.expected = { class: 'poor', reasons: ['loss'], findings: [], planted: 'carrier' }
  },
}

/** The caller's own access line: both directions of the caller's leg bad, the other leg clean. */
const accessLoss: Scenario = {
  name: 'access_loss',
  weight: 3,
  shape: { direction: 'outbound', talkMs, device: 'web' },
  plant(draft, random) {
    const stretch = badStretch(draft, random)
    for (const stream of legStreams(draft, ({ leg }) => leg.role === 'caller')) {
      stream.segments.push({ ...stretch, change: heavyLoss(random) })
    }
    draft.expected = {
      class: 'poor',
      reasons: ['loss'],
      findings: [],
      fault: 'caller_access',
      planted: 'caller_access',
    }
  },
}

/** The line turns bad and stays so, until somebody has had enough. */
const gaveUp: Scenario = {
  name: 'gave_up',
  weight: 2,
  shape: { direction: 'outbound', talkMs },
  plant(draft, random) {
    const toMs = draft.times.endMs
    const stretch = { fromMs: toMs - random.int(26_000, 34_000), toMs }
    for (const stream of legStreams(draft, ({ leg }) => leg.trunk)) {
      stream.segments.push({ ...stretch, change: heavyLoss(random) })
    }
    draft.expected = { class: 'poor', reasons: ['loss'], findings: ['ended_after_poor_stretch'], planted: 'carrier' }
  },
}

/** Jitter between the limits of 30 and 50 ms, absorbed by the buffer: degraded, and nothing lost. */
const jitterBurst: Scenario = {
  name: 'jitter_burst',
  weight: 3,
  shape: { talkMs },
  plant(draft, random) {
    const change = { jitterMs: random.between(36, 43), jitterBufferMs: random.between(45, 60) }
    streamOf(draft, 'callee', 'send').segments.push({ ...badStretch(draft, random), change })
    draft.expected = { class: 'degraded', reasons: ['jitter'], findings: [], planted: 'jitter' }
  },
}

/** Jitter far over 50 ms, with packets that come too late to be played. */
const jitterStorm: Scenario = {
  name: 'jitter_storm',
  weight: 2,
  shape: { talkMs },
  plant(draft, random) {
    const change = { jitterMs: random.between(70, 95), discard: random.between(0.07, 0.11), jitterBufferMs: 80 }
    streamOf(draft, 'callee', 'send').segments.push({ ...badStretch(draft, random), change })
    draft.expected = { class: 'poor', reasons: ['jitter', 'loss'], findings: [], planted: 'jitter' }
  },
}

/** A satellite hop: the round trip between the limits of 300 and 500 ms. Codecs without a MOS, which would judge it too. */
const highDelay: Scenario = {
  name: 'high_delay',
  weight: 2,
  shape: { direction: 'internal', codecs: [codecs.opus, codecs.g722], talkMs },
  plant(draft, random) {
    const change = { roundTripMs: random.between(370, 430) }
    const whole = { fromMs: answeredMs(draft), toMs: draft.times.endMs }
    for (const stream of draft.streams) stream.segments.push({ ...whole, change })
    draft.expected = { class: 'degraded', reasons: ['round_trip'], findings: [], planted: 'delay' }
  },
}

/** Loss between the limits of 2 and 5 %, on a codec without an official MOS. */
const lightLoss: Scenario = {
  name: 'light_loss',
  weight: 2,
  shape: { direction: 'internal', codecs: [codecs.opus], talkMs },
  plant(draft, random) {
    const change = { loss: random.between(0.032, 0.036), concealed: 0.01, stray: 0 }
    streamOf(draft, 'caller', 'send').segments.push({ ...badStretch(draft, random), change })
    draft.expected = { class: 'degraded', reasons: ['loss'], findings: [], planted: 'loss' }
  },
}

export const networkScenarios: readonly Scenario[] = [
  carrierLoss,
  accessLoss,
  gaveUp,
  jitterBurst,
  jitterStorm,
  highDelay,
  lightLoss,
]
