import type { CallEventRow, CallRecord, CdrRow, LegRole, LegSummary, StreamDigest } from '#contracts/call-record.ts'

type Dimensions = Pick<CallRecord, 'carrier' | 'gateway' | 'route' | 'region' | 'codec' | 'mediaNode'>
type Parties = Pick<CallRecord, 'direction' | 'from' | 'to'>

/** The latest statement of each dimension wins; call detail speaks only where no event did. */
export function latestDimensions(events: readonly CallEventRow[], cdrs: readonly CdrRow[]): Dimensions {
  const latest = (field: string): string | undefined => {
    for (const { data } of [...events].reverse()) if (typeof data[field] === 'string') return data[field]
    for (const { data } of cdrs) if (typeof data[field] === 'string') return data[field]
    return undefined
  }
  return {
    carrier: latest('carrier'),
    gateway: latest('gateway'),
    route: latest('route'),
    region: latest('region'),
    codec: latest('codec'),
    mediaNode: latest('media_node'),
  }
}

/** Who called whom, as the first start says. */
export function foldParties(events: readonly CallEventRow[]): Parties {
  const start = events.find(({ type }) => type === 'call.started')?.data
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return { direction: text(start?.direction), from: text(start?.from), to: text(start?.to) }
}

interface LegDraft {
  role: LegRole | undefined
  device: string | undefined
  addedMs: number | undefined
  endedMs: number | undefined
  firstMs: number
}

const leavingTypes: ReadonlySet<string> = new Set(['call.leg_ended', 'conference.left'])
const joiningTypes: ReadonlySet<string> = new Set(['call.leg_added', 'conference.joined'])

/**
 * Legs named by events or streams. Where nobody says which leg is whose, the first of a two-party call is the caller's and
 * the second the callee's.
 */
export function foldLegs(
  events: readonly CallEventRow[],
  streams: readonly StreamDigest[],
  conference: boolean,
): readonly LegSummary[] {
  const drafts = new Map<string, LegDraft>()
  const draftOf = (legId: string, atMs: number): LegDraft => {
    const known = drafts.get(legId) ?? {
      role: undefined,
      device: undefined,
      addedMs: undefined,
      endedMs: undefined,
      firstMs: atMs,
    }
    known.firstMs = Math.min(known.firstMs, atMs)
    drafts.set(legId, known)
    return known
  }
  for (const { type, atMs, data } of events) {
    if (typeof data.leg_id !== 'string') continue
    const leg = draftOf(data.leg_id, atMs)
    if (joiningTypes.has(type)) leg.addedMs ??= atMs
    if (leavingTypes.has(type)) leg.endedMs = atMs
    if (typeof data.device === 'string') leg.device = data.device
    if (typeof data.role === 'string') leg.role = data.role as LegRole
  }
  for (const { legId, firstMs } of streams) if (legId !== '') draftOf(legId, firstMs)
  const ordered = [...drafts].sort(([idA, a], [idB, b]) => a.firstMs - b.firstMs || (idA < idB ? -1 : 1))
  return ordered.map(([legId, { role, device, addedMs, endedMs }], at) => ({
    legId,
    role: role ?? impliedRole(at, ordered, conference),
    device,
    addedMs,
    endedMs,
  }))
}

function impliedRole(
  at: number,
  legs: readonly (readonly [string, LegDraft])[],
  conference: boolean,
): LegRole | undefined {
  if (conference || legs.length !== 2) return conference ? 'participant' : undefined
  const other = legs[1 - at]?.[1].role
  if (other === 'caller') return 'callee'
  if (other === 'callee') return 'caller'
  return at === 0 ? 'caller' : 'callee'
}

/** What the call detail says of durations; a rated record's seconds are the billed ones. */
export function foldCdr(cdrs: readonly CdrRow[]): CallRecord['cdr'] {
  if (cdrs.length === 0) return undefined
  const number = (field: string): number | undefined => {
    const value = cdrs.find(({ data }) => typeof data[field] === 'number')?.data[field]
    return typeof value === 'number' ? value : undefined
  }
  return { durationSeconds: number('duration_seconds'), billedSeconds: number('billed_seconds') }
}
