import type { FaultDomain } from '#contracts/call-record.ts'
import type { BadCall, Suspicion } from './fault.ts'
import { reasonsOfView } from './reasons.ts'
import { hasMedia, isBlind } from './spans.ts'
import { saysAnything } from './streams.ts'
import { type CallFacts, inOrder, type StreamView } from './views.ts'

/** What the views of one place say: undefined where nobody looked. */
type Condition = 'good' | 'bad' | undefined

/** One direction between two parties: where it enters the platform (what was said) and where it is heard. */
interface Path {
  readonly from: string
  readonly to: string
  readonly said: Condition
  readonly heard: Condition
}

/**
 * Which end's access a two-party call went bad at. A direction bad already where it arrives from its speaker is the
 * speaker's; one that arrived well and was heard badly is the listener's. Both directions at one end, the other end
 * clean: that end's access. Damage that was already there on arrival is not held against the listener. Where the leg at
 * that end runs over a carrier, one call cannot tell the two apart: it names the access, half as sure.
 */
export function localFaults(call: BadCall): readonly Suspicion[] {
  if (call.facts.conference) return []
  const labels = [...new Set(call.views.map(({ ends }) => ends.label))].sort()
  const paths = labels.map((label) => pathOf(label, call))
  const placed = paths.map((path) => ({ path, at: placeOf(path) }))
  const ends = [...new Set(placed.flatMap(({ at }) => (at === undefined ? [] : [at])))]
  const [end, other] = ends
  if (end === undefined) return []
  if (other !== undefined) return allLegsOnOneNode(call)
  return [besideCarrier(suspicionAt(end, placed), end, call.facts)]
}

function placeOf({ from, to, said, heard }: Path): string | undefined {
  if (said === 'bad') return from
  return said === 'good' && heard === 'bad' ? to : undefined
}

interface PlacedPath {
  readonly path: Path
  readonly at: string | undefined
}

/** Surest with both directions at one end and every place seen; one direction only, or places unseen: less. */
function suspicionAt(end: string, placed: readonly PlacedPath[]): Suspicion {
  const both = placed.filter(({ at }) => at === end).length > 1
  const unseen = unseenPlacesOf(placed)
  const unplaced = placed.some(({ path, at }) => at === undefined && path.heard === 'bad')
  const confidence = (both ? 0.9 : 0.6) - 0.1 * unseen - (unplaced ? 0.2 : 0)
  const other = unseen === 0 ? 'the other end is clean' : 'the other end was not fully seen'
  const what = both ? `both directions went bad at this end, ${other}` : 'one direction went bad at this end'
  return { domain: accessOf(end), confidence: inHundredths(confidence), because: `${end}: ${what}` }
}

/** A two-party call has four places to look at: each direction where it was said, and where it was heard. */
function unseenPlacesOf(placed: readonly PlacedPath[]): number {
  const seen = placed
    .flatMap(({ path: { said, heard } }) => [said, heard])
    .filter((condition) => condition !== undefined)
  return 2 * Math.max(2, placed.length) - seen.length
}

/** Rounded, because 0.9 - 0.1 is not 0.8 in binary and the record is compared digit by digit. */
const inHundredths = (confidence: number): number => Math.round(confidence * 100) / 100

/** Two suspects on one leg, its access and its carrier, share what one call knows; only other calls can tell them apart. */
function besideCarrier(suspicion: Suspicion, end: string, facts: CallFacts): Suspicion {
  const leg = carrierLegOf(facts)
  if (leg === undefined || (leg.end !== end && leg.end !== undefined)) return suspicion
  const runs = leg.end === undefined ? 'may run' : 'runs'
  const caution = `this leg ${runs} over carrier ${leg.carrier}: one call alone cannot tell its access from the carrier`
  return {
    ...suspicion,
    confidence: inHundredths(suspicion.confidence / 2),
    because: `${suspicion.because}; ${caution}`,
  }
}

/**
 * The end that is reached over a carrier: the callee of an outbound call, the caller of an inbound one; undefined where
 * the call did not say which way it went. An internal call has no such leg.
 */
function carrierLegOf({
  events,
}: CallFacts): { readonly end: string | undefined; readonly carrier: string } | undefined {
  const ordered = inOrder(events)
  // As in the record: the first start says the direction, the latest statement the carrier.
  const direction = ordered.find(({ type }) => type === 'call.started')?.data.direction
  const carrier = ordered.findLast(({ data }) => typeof data.carrier === 'string')?.data.carrier
  if (typeof carrier !== 'string' || direction === 'internal') return undefined
  if (direction === 'outbound') return { end: 'callee', carrier }
  return { end: direction === 'inbound' ? 'caller' : undefined, carrier }
}

function allLegsOnOneNode({ facts: { events } }: BadCall): readonly Suspicion[] {
  const nodes = [
    ...new Set(inOrder(events).flatMap(({ data }) => (typeof data.media_node === 'string' ? [data.media_node] : []))),
  ]
  const [node] = nodes
  if (node === undefined || nodes.length > 1) return []
  return [{ domain: 'platform', confidence: 0.5, because: `all legs went bad, and all are on media node ${node}` }]
}

function accessOf(end: string): FaultDomain {
  if (end === 'caller') return 'caller_access'
  return end === 'callee' ? 'callee_access' : 'unknown'
}

function pathOf(label: string, call: BadCall): Path {
  const own = call.views.filter(({ ends }) => ends.label === label)
  const conditionOf = (direction: 'send' | 'receive'): Condition => {
    const conditions = own.filter(({ digest }) => digest.direction === direction).map((view) => networkOf(view, call))
    if (conditions.includes('bad')) return 'bad'
    return conditions.includes('good') ? 'good' : undefined
  }
  const [from = '', to = ''] = [own[0]?.ends.from, own[0]?.ends.to]
  return { from, to, said: conditionOf('send'), heard: conditionOf('receive') }
}

/** What a view says about the network: bad by loss, jitter or round trip, or silent where media was missed. */
function networkOf(view: StreamView, { facts: { profile }, findings }: BadCall): Condition {
  const { digest, judged, key } = view
  const missed = findings.some(
    ({ type, stream }) => (type === 'one_way_audio' || type === 'no_media_after_answer') && stream === key,
  )
  if (missed && digest.packetsReceived !== undefined && !judged.runs.some(([, , mask]) => hasMedia(mask))) return 'bad'
  const measures = reasonsOfView(view, profile).map(({ measure }) => measure)
  if (measures.some((measure) => measure !== 'mos' && measure !== 'concealment')) return 'bad'
  return judged.runs.some(([, , mask]) => !isBlind(mask)) && saysAnything(digest) ? 'good' : undefined
}
