import type { CallDraft, ObserverPlan, StreamDraft } from './plan.ts'
import { type Random, uuid } from './random.ts'

/** Something that goes wrong on the way, laid over any call it suits. The call's truth stays what it was. */
export interface DeliveryFault {
  readonly name: FaultName
  /** Share of calls in mixed traffic. */
  readonly rate: number
  suits(draft: CallDraft): boolean
  lay(draft: CallDraft, random: Random): void
}

export type FaultName =
  | 'duplicates'
  | 'reordering'
  | 'clock_skew'
  | 'late_link'
  | 'late_codec'
  | 'late_carrier'
  | 'nil_ids'
  | 'measurement_gap'
  | 'counter_restart'

const always = (): boolean => true
const isAnswered = ({ events }: CallDraft): boolean => events.some(({ type }) => type === 'call.answered')
const isGood = ({ expected }: CallDraft): boolean => expected.class === 'good'
const isConference = ({ ids }: CallDraft): boolean => ids.confSessionId !== undefined
const wasHeld = ({ events }: CallDraft): boolean => events.some(({ type }) => type === 'call.held')
const talkMsOf = ({ times }: CallDraft): number => times.endMs - (times.answerMs ?? times.endMs)

const isCumulative = ({ scope, view }: ObserverPlan): boolean => scope === 'cumulative' && view === 'full'
/** Its own end's counters: the stream whose view may go wrong without changing what the others saw. */
const countedAtCaller = ({ streams }: CallDraft): StreamDraft | undefined =>
  streams.find(({ leg, kind, observers }) => leg.role === 'caller' && kind === 'audio' && observers.some(isCumulative))

const canLoseAView = (draft: CallDraft): boolean =>
  isGood(draft) && isAnswered(draft) && countedAtCaller(draft) !== undefined

function changeView(draft: CallDraft, change: Partial<ObserverPlan>): void {
  const stream = countedAtCaller(draft)
  if (stream === undefined) return
  const changed = stream.observers.map((plan) => (isCumulative(plan) ? { ...plan, ...change } : plan))
  stream.observers.splice(0, stream.observers.length, ...changed)
}

/** Late facts come this much later: usually after the call has ended, sometimes after it has settled. */
const lateMs = (random: Random): number => random.int(60_000, 420_000)

/** Every delivery fault. A new one is an entry here. */
export const deliveryFaults: readonly DeliveryFault[] = [
  {
    name: 'duplicates',
    rate: 0.25,
    suits: always,
    lay(draft, random) {
      draft.delivery.duplicateShare = random.between(0.1, 0.4)
    },
  },
  {
    name: 'reordering',
    rate: 0.25,
    suits: always,
    lay(draft, random) {
      draft.delivery.reorderShare = random.between(0.2, 0.5)
      draft.delivery.reorderMs = random.int(2_000, 30_000)
    },
  },
  {
    name: 'clock_skew',
    rate: 0.05,
    // Slow by less than the talk is long, so that enough of it is still seen after the answer. Not on a call that was
    // held: the slow clock sees that silence at another time, where nothing explains it.
    suits: (draft) => canLoseAView(draft) && talkMsOf(draft) >= 40_000 && !wasHeld(draft),
    lay: (draft, random) => changeView(draft, { skewMs: -random.int(12_000, 22_000) }),
  },
  {
    name: 'late_link',
    rate: 0.06,
    // Where the codec alone decides, both halves would have to know it.
    suits: (draft) => isAnswered(draft) && !isConference(draft) && draft.scenario !== 'poor_codec',
    lay: linkLate,
  },
  {
    name: 'late_codec',
    rate: 0.06,
    suits: (draft) => isAnswered(draft) && !isConference(draft) && draft.codecChanges.length === 0,
    lay: tellCodecLate,
  },
  {
    name: 'late_carrier',
    rate: 0.06,
    suits: ({ events, direction }) => direction === 'outbound' && events.some(({ type }) => type === 'call.routed'),
    lay(draft, random) {
      const late = lateMs(random)
      for (const event of draft.events) if (event.data.carrier !== undefined) event.lateMs = late
    },
  },
  {
    name: 'nil_ids',
    rate: 0.05,
    suits: ({ events }) => events.length > 0,
    lay(draft) {
      draft.ids.sessionId = '00000000-0000-0000-0000-000000000000'
      draft.ids.sipSessionId = '0'
    },
  },
  {
    name: 'measurement_gap',
    rate: 0.05,
    suits: (draft) => canLoseAView(draft) && talkMsOf(draft) >= 60_000,
    lay(draft, random) {
      const stream = countedAtCaller(draft)
      if (stream === undefined) return
      // Over 60 s apart nothing may be counted between two samples; under it, everything.
      const lastsMs = talkMsOf(draft) >= 105_000 ? random.int(66_000, 80_000) : random.int(15_000, 35_000)
      const fromMs = stream.fromMs + random.int(11_000, 15_000)
      changeView(draft, { blind: { fromMs, toMs: fromMs + lastsMs } })
    },
  },
  { name: 'counter_restart', rate: 0.05, suits: canLoseAView, lay: restartCounters },
]

/** The callee's leg travels under an id of its own; that both are one call is told of minutes later. */
function linkLate(draft: CallDraft, random: Random): void {
  const [, callee] = draft.legs
  const [main] = draft.correlationIds
  if (callee === undefined || main === undefined) return
  callee.correlationId = uuid(random)
  draft.correlationIds.push(callee.correlationId)
  draft.events = draft.events.map((event) => {
    if (event.leg !== callee || event.type !== 'call.leg_added') return event
    return { ...event, data: { ...event.data, linked_correlation_id: main }, lateMs: lateMs(random) }
  })
}

function tellCodecLate(draft: CallDraft, random: Random): void {
  draft.samplesNameCodec = false
  const answer = draft.events.find(({ type }) => type === 'call.answered')
  if (answer === undefined) return
  draft.events = draft.events.map((event) => {
    const { codec, ...data } = event.data
    return { ...event, data }
  })
  const told = { type: 'call.codec_changed', atMs: answer.atMs + 60, source: answer.source } as const
  draft.events.push({ ...told, data: { codec: draft.codec.name }, lateMs: lateMs(random) })
}

function restartCounters(draft: CallDraft, random: Random): void {
  const stream = countedAtCaller(draft)
  if (stream === undefined) return
  const how = random.pick(['ssrc', 'start_id', 'unannounced'] as const)
  const atMs = stream.fromMs + random.int(18_000, 26_000)
  // Unannounced, only falling counters tell. Loss counters may fall by themselves, so this stream loses nothing.
  if (how === 'unannounced') {
    stream.segments.push({ fromMs: stream.fromMs, toMs: stream.toMs, change: { stray: 0 } })
  }
  changeView(draft, { restart: { atMs, how } })
}
