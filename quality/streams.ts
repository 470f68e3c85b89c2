import type { LegRole, LegSummary, MediaDirection, StreamDigest } from '#contracts/call-record.ts'
import type { Observer } from '#contracts/signals/common.ts'
import { groupBy } from './grouping.ts'
import { contiguousMs, minus, type Span, spansOfRuns, totalMs, union } from './spans.ts'

export type StreamIdentity = Pick<StreamDigest, 'legId' | 'kind' | 'direction' | 'streamId'>

/** Key of a stream within its call: leg/kind/direction/stream. Slashes inside ids are escaped, so that keys stay apart. */
export function streamKeyOf({ legId, kind, direction, streamId }: StreamIdentity): string {
  const escaped = (id: string) => id.replaceAll('%', '%25').replaceAll('/', '%2F')
  return `${escaped(legId)}/${kind}/${direction}/${escaped(streamId)}`
}

/**
 * Who is believed about a stream, first to last. What a party hears (`receive`) is known best where it is heard: its own
 * device sees late packets and concealment that nobody upstream sees. What a party says (`send`) is known best where it
 * arrives; its own device only knows what it sent. A far end's report (`remote`) has loss and delay, but no packets.
 */
export const observerPrecedence: Readonly<Record<MediaDirection, readonly Observer[]>> = {
  receive: ['browser', 'phone', 'media_server', 'sbc', 'gateway', 'probe', 'remote'],
  send: ['media_server', 'sbc', 'gateway', 'remote', 'probe', 'browser', 'phone'],
}

/** Whether a view measured arrival at all: a device's report on what it sent says nothing about what came of it. */
export function measuresArrival(digest: StreamDigest): boolean {
  return digest.packetsReceived !== undefined || digest.framesDecoded !== undefined
}

/** Whether a view says anything of what came of the media: losses do, a sender's count of what it sent does not. */
export function saysAnything(digest: StreamDigest): boolean {
  const { packetsLost, jitter, roundTrip, oneWayDelay, concealedSamples, mos } = digest
  const some = [packetsLost, jitter, roundTrip, oneWayDelay, concealedSamples].some((value) => value !== undefined)
  return some || mos.length > 0 || measuresArrival(digest)
}

/** Whether a view has a MOS of its own that may be judged: one without a codec, or with one that has no values, has none. */
const isScored = ({ kind, mos }: StreamDigest): boolean =>
  kind !== 'audio' || mos.some(({ source, grounded }) => source === 'computed' && grounded)

/** Views of one stream. Without a leg id, streams of different correlation ids stay apart. */
const groupOf = (digest: StreamDigest): string =>
  `${digest.legId === '' ? digest.correlationId : ''} ${streamKeyOf(digest)}`

/** All that one source says of a stream, in whatever scope and under whatever correlation id. */
export const sourceKeyOf = (digest: StreamDigest): string =>
  [groupOf(digest), digest.observer, digest.source].join('\u0000')

/** Finest first. */
export const scopeRank = ({ scope }: Pick<StreamDigest, 'scope'>): number =>
  scope === 'interval' ? 0 : scope === 'cumulative' ? 1 : 2

/**
 * The views that count for talk time: per stream those of one source, by fixed precedence among the observers that measured
 * arrival and have a MOS (else that measured arrival, else among all). Of that source a finer view counts first, and one
 * of another scope or correlation id (a transfer carries a stream on under another) where it has time of its own.
 */
export function chooseViews(digests: readonly StreamDigest[]): ReadonlySet<StreamDigest> {
  const chosen = new Set<StreamDigest>()
  for (const views of groupBy([...digests].sort(compareViews), groupOf).values()) {
    const [best] = views
    if (best === undefined) continue
    const own = views.filter((view) => sourceKeyOf(view) === sourceKeyOf(best))
    let covered: readonly Span[] = []
    for (const view of own.sort((a, b) => scopeRank(a) - scopeRank(b) || compareViews(a, b))) {
      const spans = spansOfRuns(view.runs)
      const least = view === best ? -1 : view.scope === best.scope ? 0 : contiguousMs
      if (totalMs(minus(spans, covered)) <= least) continue
      chosen.add(view)
      covered = union([...covered, ...spans])
    }
  }
  return chosen
}

function rankOf(digest: StreamDigest): number {
  const { direction, observer, scope } = digest
  const blind = measuresArrival(digest) ? 0 : 100
  return (
    blind + (isScored(digest) ? 0 : 50) + (scope === 'call' ? 10 : 0) + observerPrecedence[direction].indexOf(observer)
  )
}

/** Most believed first, then by time and id: a total order, so that results do not depend on the order of input. */
export function compareViews(a: StreamDigest, b: StreamDigest): number {
  const byText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return (
    rankOf(a) - rankOf(b) ||
    a.firstMs - b.firstMs ||
    byText(a.correlationId, b.correlationId) ||
    byText(streamKeyOf(a), streamKeyOf(b)) ||
    byText(a.source, b.source) ||
    scopeRank(a) - scopeRank(b)
  )
}

/** Who speaks and who hears on a stream. */
export interface Ends {
  readonly from: string
  readonly to: string
  /** "caller -> callee" and the like. */
  readonly label: string
}

interface Parties {
  readonly legs: readonly LegSummary[]
  readonly streams: readonly Pick<StreamDigest, 'legId'>[]
  readonly conference: boolean
}

/**
 * Names the ends of every stream of a call. Media sent by the caller's leg or received by the callee's is
 * "caller -> callee". With two legs and one role known, the other leg has the other role.
 */
export function createEnds({
  legs,
  streams,
  conference,
}: Parties): (stream: Pick<StreamDigest, 'legId' | 'direction'>) => Ends {
  const ids = [...new Set([...legs, ...streams].map(({ legId }) => legId))].filter((id) => id !== '').sort()
  const roles = rolesOf(legs, ids, conference)
  const nameOf = (id: string) => {
    const role = roles.get(id)
    if (role === 'caller' || role === 'callee') return role
    return id === '' ? 'party' : `leg ${id}`
  }
  const peerOf = (id: string) => {
    if (conference) return 'conference'
    const role = roles.get(id)
    if (role === 'caller') return 'callee'
    if (role === 'callee') return 'caller'
    const other = ids.length === 2 && id !== '' ? ids.find((candidate) => candidate !== id) : undefined
    return other === undefined ? 'far end' : nameOf(other)
  }
  return function endsOf({ legId, direction }) {
    const [own, peer] = [nameOf(legId), peerOf(legId)]
    const [from, to] = direction === 'send' ? [own, peer] : [peer, own]
    return { from, to, label: `${from} -> ${to}` }
  }
}

function rolesOf(
  legs: readonly LegSummary[],
  ids: readonly string[],
  conference: boolean,
): ReadonlyMap<string, LegRole> {
  const roles = new Map(legs.flatMap(({ legId, role }) => (role === undefined ? [] : [[legId, role] as const])))
  const [first, second] = ids
  if (conference || first === undefined || second === undefined || ids.length > 2) return roles
  for (const [known, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const role = roles.get(known)
    if (roles.has(other)) continue
    if (role === 'caller') roles.set(other, 'callee')
    if (role === 'callee') roles.set(other, 'caller')
  }
  return roles
}
