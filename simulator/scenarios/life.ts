import { answeredMs } from '../draft.ts'
import { createLeg, legStreams, streamOf } from '../legs.ts'
import type { CallDraft } from '../plan.ts'
import { legAdded, legEnded, sources } from '../signalling.ts'
import type { Scenario } from './scenario.ts'

const good = { class: 'good', reasons: [], findings: [] } as const
const dayMs = 86_400_000

/** Nothing wrong. Some are put on hold for a while, some show video: neither is a fault. */
const healthy: Scenario = {
  name: 'healthy',
  weight: 40,
  shape: {},
  plant(draft, random) {
    const roll = random.next()
    if (roll < 0.2) hold(draft, answeredMs(draft) + random.int(8_000, 12_000), random.int(9_000, 18_000))
    else if (roll < 0.3 && draft.direction === 'internal') addVideo(draft)
    else if (roll < 0.4) warn(draft)
    draft.expected = good
  },
}

/** Music is not played to anybody: while the call is held, nothing is sent in any direction. */
function hold(draft: CallDraft, fromMs: number, lastsMs: number): void {
  const toMs = fromMs + lastsMs
  const source = sources.callControl
  draft.events.push(
    { type: 'call.held', atMs: fromMs, source, data: {} },
    { type: 'call.resumed', atMs: toMs, source, data: {} },
  )
  for (const stream of draft.streams) stream.segments.push({ fromMs, toMs, change: { silent: true } })
}

function addVideo(draft: CallDraft): void {
  const heard = streamOf(draft, 'callee', 'receive')
  const { intervalMs } = draft
  draft.streams.push({
    ...heard,
    kind: 'video',
    segments: [],
    observers: [{ observer: 'browser', scope: 'cumulative', intervalMs: 2 * intervalMs, view: 'video' }],
  })
}

function warn(draft: CallDraft): void {
  const message = 'client reconnected its event channel'
  draft.warnings.push({ atMs: answeredMs(draft) + 5_000, service: 'websocket-layer', message, onlyTraceId: true })
}

/** Busy, no answer, or given up while it rang. */
const notAnswered: Scenario = {
  name: 'not_answered',
  weight: 8,
  shape: { unanswered: true },
  plant(draft) {
    draft.expected = { class: 'unclassified', unclassified: 'not_answered', reasons: [], findings: [] }
  },
}

/** Answered and hung up at once: under 500 packets and under 10 s in every direction. */
const tooShort: Scenario = {
  name: 'too_short',
  weight: 3,
  shape: { talkMs: [3_000, 5_000], device: 'web', recorded: false },
  plant(draft) {
    draft.expected = { class: 'unclassified', unclassified: 'too_short', reasons: [], findings: [] }
  },
}

/** The end is never told of, by nobody: samples stop, and that is all. */
const neverEnded: Scenario = {
  name: 'never_ended',
  weight: 2,
  shape: { recorded: false },
  plant(draft) {
    draft.events = draft.events.filter(
      ({ type }) => !['call.leg_ended', 'call.ended', 'cdr.recorded', 'cdr.rated'].includes(type),
    )
    draft.expected = good
  },
}

/** The call's end is lost, and its call detail record tells of it all the same. */
const endedByCdr: Scenario = {
  name: 'ended_by_cdr',
  weight: 2,
  shape: { recorded: false },
  plant(draft) {
    draft.events = draft.events.filter(({ type }) => type !== 'call.leg_ended' && type !== 'call.ended')
    draft.expected = good
  },
}

/** A line that is kept open for more than a day, measured every five minutes. It began before our messages did. */
const longCall: Scenario = {
  name: 'long_call',
  weight: 0.3,
  shape: {
    direction: 'outbound',
    device: 'sip',
    talkMs: [dayMs + 1_800_000, dayMs + 3_600_000],
    intervalMs: 300_000,
    startMs: (arrivalMs, random) => arrivalMs - dayMs - 7_200_000 - random.int(0, 600_000),
  },
  plant(draft) {
    // No report for the whole call: an interval may not be longer than a day.
    for (const { observers } of draft.streams) {
      const periodic = observers.map(({ finalReport, ...plan }) => ({ ...plan, scope: 'interval' as const }))
      observers.splice(0, observers.length, ...periodic)
    }
    draft.expected = good
  },
}

/** Began just before midnight UTC; its first event is told of long after the rest, on the next day. */
const lateStart: Scenario = {
  name: 'late_start',
  weight: 2,
  shape: {
    talkMs: [90_000, 150_000],
    startMs: (arrivalMs, random) => Math.floor(arrivalMs / dayMs) * dayMs - random.int(20_000, 50_000),
  },
  plant(draft, random) {
    const lateMs = random.int(180_000, 420_000)
    for (const event of draft.events) if (event.type === 'call.started') event.lateMs = lateMs
    draft.faults.push('late_start')
    draft.expected = good
  },
}

/** Recording fails. The talk does not. */
const recordingFailed: Scenario = {
  name: 'recording_failed',
  weight: 2,
  shape: { recorded: true },
  plant(draft) {
    const data = { object_key: draft.recordingKey, error: 'bucket_unavailable' }
    const atMs = answeredMs(draft) + 9_000
    draft.events = draft.events.filter(({ type }) => type !== 'call.recording_stopped')
    draft.events.push({ type: 'call.recording_failed', atMs, source: sources.mediaRecording, data })
    delete draft.recordingKey
    draft.expected = { ...good, findings: ['recording_failed'] }
  },
}

/** The callee passes the call on: their leg ends, a third one joins. */
const transfer: Scenario = {
  name: 'transfer',
  weight: 3,
  shape: { direction: 'inbound', talkMs: [80_000, 150_000] },
  plant(draft, random) {
    const [, callee] = draft.legs
    if (callee === undefined) throw new Error('transfer needs a callee')
    const atMs = answeredMs(draft) + random.int(25_000, 40_000)
    const third = createLeg(draft, {
      letter: 'c',
      role: 'callee',
      trunk: false,
      joinedMs: atMs,
      leftMs: draft.times.endMs,
    })
    callee.leftMs = atMs
    for (const stream of draft.streams) if (stream.leg === callee) stream.toMs = atMs
    draft.legs.push(third)
    draft.streams.push(...legStreams(draft, third, atMs))
    const data = { transfer: random.pick(['blind', 'attended']), to: third.accountId }
    draft.events = draft.events.filter(({ type, leg }) => type !== 'call.leg_ended' || leg !== callee)
    draft.events.push(
      { type: 'call.transferred', atMs, source: sources.callControl, leg: callee, data },
      legEnded(callee),
      legAdded(third, draft.codec.name),
      legEnded(third),
    )
    draft.expected = good
  },
}

export const lifeScenarios: readonly Scenario[] = [
  healthy,
  notAnswered,
  tooShort,
  neverEnded,
  endedByCdr,
  longCall,
  lateStart,
  recordingFailed,
  transfer,
]
