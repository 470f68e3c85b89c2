import { answeredMs } from '../draft.ts'
import { streamOf } from '../legs.ts'
import type { CallDraft } from '../plan.ts'
import { codecs } from '../world.ts'
import type { Scenario } from './scenario.ts'

/** The callee's voice is never there: neither where the platform receives it, nor where the caller should hear it. */
const oneWayAudio: Scenario = {
  name: 'one_way_audio',
  weight: 4,
  shape: {},
  plant(draft) {
    const whole = { fromMs: answeredMs(draft), toMs: draft.times.endMs, change: { silent: true } }
    streamOf(draft, 'callee', 'send').segments.push(whole)
    streamOf(draft, 'caller', 'receive').segments.push(whole)
    draft.expected = { class: 'poor', reasons: [], findings: ['one_way_audio'], planted: 'one_way_audio' }
  },
}

/**
 * Media begins between 3.4 and 3.9 s after answer, seen second by second: past the limit of 2 s, under "none" at 5 s.
 * Codecs that never suppress silence, which would excuse it (the plain name G.729 means with voice activity detection).
 */
const lateMedia: Scenario = {
  name: 'late_media',
  weight: 3,
  shape: { device: 'web', codecs: [codecs.pcma, codecs.pcmu, codecs.g722, codecs.opus] },
  plant(draft, random) {
    const fromMs = answeredMs(draft)
    const silence = { fromMs, toMs: fromMs + random.int(3_350, 3_900), change: { silent: true } }
    for (const stream of draft.streams) {
      stream.segments.push(silence)
      const finer = stream.observers.map((plan) => ({ ...plan, fineUntilMs: fromMs + 6_000 }))
      stream.observers.splice(0, stream.observers.length, ...finer)
    }
    draft.expected = { class: 'poor', reasons: [], findings: ['late_media'], planted: 'late_media' }
  },
}

/** Answered, watched by everybody, and never a packet in either direction. */
const noMedia: Scenario = {
  name: 'no_media',
  weight: 2,
  shape: { talkMs: [20_000, 40_000] },
  plant(draft) {
    const whole = { fromMs: answeredMs(draft), toMs: draft.times.endMs, change: { silent: true } }
    for (const stream of draft.streams) stream.segments.push(whole)
    draft.expected = { class: 'poor', reasons: [], findings: ['no_media_after_answer'], planted: 'no_media' }
  },
}

/** Answered and talked, and nobody measured. */
const noSamples: Scenario = {
  name: 'no_samples',
  weight: 2,
  shape: {},
  plant(draft) {
    draft.streams.splice(0)
    draft.expected = { class: 'unclassified', unclassified: 'no_samples', reasons: [], findings: [] }
  },
}

/** Media of a call whose signalling never reached us: no events, no logs, no records. */
const mediaOnly: Scenario = {
  name: 'media_only',
  weight: 2,
  shape: { recorded: false },
  plant(draft) {
    withoutSignalling(draft)
    draft.expected = { class: 'good', reasons: [], findings: [] }
  },
}

function withoutSignalling(draft: CallDraft): void {
  draft.events = []
  draft.telemetry = false
}

/** The client's machine cannot keep up: much is concealed, the network loses nothing. */
const badClient: Scenario = {
  name: 'bad_client',
  weight: 3,
  shape: { direction: 'outbound', device: 'web', talkMs: [60_000, 150_000] },
  plant(draft, random) {
    const stream = streamOf(draft, 'caller', 'receive')
    const change = { concealed: random.between(0.14, 0.22), limitation: 'cpu', stray: 0 } as const
    stream.segments.push({ fromMs: stream.fromMs, toMs: stream.toMs, change })
    draft.expected = {
      class: 'poor',
      reasons: ['concealment'],
      findings: ['client_limited'],
      fault: 'client_device',
      planted: 'client_device',
    }
  },
}

/** Another codec in the middle of the call, announced by an event. Both are good. */
const codecChange: Scenario = {
  name: 'codec_change',
  weight: 3,
  shape: { direction: 'outbound', codecs: [codecs.pcma, codecs.pcmu], talkMs: [60_000, 150_000] },
  plant(draft, random) {
    const atMs = answeredMs(draft) + random.int(20_000, 35_000)
    draft.codecChanges.push({ atMs, codec: codecs.g729 })
    draft.events.push({ type: 'call.codec_changed', atMs, source: '/call-control', data: { codec: codecs.g729.name } })
    draft.expected = { class: 'good', reasons: [], findings: [] }
  },
}

/** A codec that is poor by itself (G.726 at 16 kbit/s: R about 40) on a network that loses nothing at all. */
const poorCodec: Scenario = {
  name: 'poor_codec',
  weight: 2,
  shape: { direction: 'outbound', codecs: [codecs.g726] },
  plant(draft) {
    const clean = { fromMs: answeredMs(draft), toMs: draft.times.endMs, change: { stray: 0, concealed: 0 } }
    for (const stream of draft.streams) stream.segments.push(clean)
    draft.expected = { class: 'poor', reasons: ['mos'], findings: [], fault: 'codec', planted: 'codec' }
  },
}

export const mediaScenarios: readonly Scenario[] = [
  oneWayAudio,
  lateMedia,
  noMedia,
  noSamples,
  mediaOnly,
  badClient,
  codecChange,
  poorCodec,
]
