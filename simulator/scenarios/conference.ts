import { createLeg, legStreams } from '../legs.ts'
import type { CallDraft, EventDraft, LegDraft } from '../plan.ts'
import { hex, type Random, uuid } from '../random.ts'
import { legAdded, legEnded, sources } from '../signalling.ts'
import type { Scenario } from './scenario.ts'

/** Three to eight people in a room. Half the time each dials in with a correlation id of its own, joined by the room's id. */
const conference: Scenario = {
  name: 'conference',
  weight: 2,
  shape: { direction: 'internal', talkMs: [60_000, 100_000], device: 'web', recorded: false },
  plant(draft, random) {
    draft.ids.confSessionId = `conf-${hex(random, 16)}`
    const idEach = random.chance(0.5)
    const people = participants(draft, random, idEach)
    draft.legs.splice(0, draft.legs.length, ...people)
    draft.streams.splice(0, draft.streams.length, ...people.flatMap((leg) => legStreams(draft, leg, leg.joinedMs)))
    draft.events = [...room(draft), ...people.flatMap((leg, at) => attendance(draft, leg, idEach || at === 0))]
    muteSomebody(draft)
    draft.expected = { class: 'good', reasons: [], findings: [] }
  },
}

function participants(draft: CallDraft, random: Random, idEach: boolean): readonly LegDraft[] {
  const { startMs, endMs } = draft.times
  return Array.from({ length: random.int(3, 8) }, (_, at) => {
    // The first opens the room and the second stays to the end; the others come later and may leave early.
    const joinedMs = at === 0 ? startMs + 500 : startMs + random.int(1_000, 15_000)
    const leftMs = at <= 1 ? endMs : endMs - random.int(0, 15_000)
    const letter = String.fromCharCode(97 + at)
    const leg = createLeg(draft, { letter, role: 'participant', trunk: false, device: 'web', joinedMs, leftMs })
    if (idEach && at > 0) {
      leg.correlationId = uuid(random)
      draft.correlationIds.push(leg.correlationId)
    }
    return leg
  })
}

function room({ times, region, mediaNode }: CallDraft): EventDraft[] {
  const source = sources.conference
  return [
    { type: 'conference.started', atMs: times.startMs, source, data: { region, media_node: mediaNode } },
    { type: 'conference.ended', atMs: times.endMs, source, data: {} },
  ]
}

/** One person's coming and going; who has a call of their own has its start, answer and end too. */
function attendance(draft: CallDraft, leg: LegDraft, ownCall: boolean): EventDraft[] {
  const { direction, codec, mediaNode, times } = draft
  const conference = { source: sources.conference, leg }
  const call = { source: sources.callControl, leg }
  const first = leg === draft.legs[0]
  const startMs = first ? times.startMs : leg.joinedMs - 300
  const endMs = first ? times.endMs : leg.leftMs
  const hungUp = { sip_code: 200, q850_cause: 16, ended_by: 'caller' }
  const events: EventDraft[] = [
    legAdded(leg, codec.name),
    { type: 'conference.joined', atMs: leg.joinedMs, ...conference, data: { device: leg.device } },
    { type: 'conference.left', atMs: leg.leftMs, ...conference, data: {} },
    legEnded(leg),
  ]
  if (!ownCall) return events
  const stated = { codec: codec.name, media_node: mediaNode }
  return [
    ...events,
    { type: 'call.started', atMs: startMs, ...call, data: { direction, region: draft.region } },
    { type: 'call.answered', atMs: leg.joinedMs - 100, ...call, data: { device: leg.device, ...stated } },
    { type: 'call.ended', atMs: endMs, ...call, data: hungUp },
  ]
}

/** The last to come mutes for a while: silence at the source, and no fault. */
function muteSomebody(draft: CallDraft): void {
  const leg = draft.legs.at(-1)
  if (leg === undefined) return
  const fromMs = leg.joinedMs + 12_000
  const toMs = fromMs + 14_000
  const source = sources.conference
  draft.events.push(
    { type: 'conference.muted', atMs: fromMs, source, leg, data: {} },
    { type: 'conference.unmuted', atMs: toMs, source, leg, data: {} },
  )
  for (const stream of draft.streams) {
    if (stream.leg !== leg || stream.direction !== 'send') continue
    stream.segments.push({ fromMs, toMs, change: { muted: true, silent: true } })
  }
}

export const conferenceScenarios: readonly Scenario[] = [conference]
