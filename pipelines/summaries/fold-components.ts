import { shardOf } from '#contracts/sharding.ts'
import {
  type CallInputs,
  type CallRow,
  type CallWriter,
  type Facts,
  type MemberInputs,
  type MemberKey,
  memberText,
  type Place,
  type RecomputeContext,
  type StoredEvidence,
} from '#contracts/summaries.ts'
import { groupBy } from '#quality/grouping.ts'
import type { QualityProfile } from '#quality/profile.ts'
import type { Component } from './components.ts'
import { keptBeside, mergeFacts } from './facts.ts'
import { type Folded, foldCall, type Patience } from './fold.ts'
import { type Frozen, frozenFacts } from './frozen-facts.ts'
import { isClaim, placesUnder } from './places.ts'

export interface FoldParts {
  readonly inputs: CallInputs
  readonly writer: Pick<CallWriter, 'places'>
  readonly profileOf: (tenant: string, atMs: number) => QualityProfile
  readonly patience: Patience
}

export interface FoldContext extends RecomputeContext {
  readonly watermarks: ReadonlyMap<string, number>
}

export interface Draft extends CallRow, Folded {
  readonly component: Component
}

export interface FoldedAll {
  readonly drafts: readonly Draft[]
  /** Places of records under ids that are no call by themselves: what was one call with them has been cut. */
  readonly gone: readonly Place[]
  readonly failed: ReadonlyMap<Component, Error>
}

export const membersOf = ({ tenant, members }: Component): readonly MemberKey[] => members.map((id) => ({ tenant, id }))

/** Evidence is laid under the id that its log line or span had: a correlation id, or only a trace id. */
const subjectsOf = (component: Component): readonly MemberKey[] => [
  ...membersOf(component),
  ...(component.links.get('trace_id') ?? []).map((trace) => ({ tenant: component.tenant, id: `trace:${trace}` })),
]

/** All that is known of some components' members and subjects, by memberText. */
interface Known {
  readonly members: ReadonlyMap<string, MemberInputs>
  readonly evidence: ReadonlyMap<string, readonly StoredEvidence[]>
  readonly frozen: ReadonlyMap<string, Frozen>
}

/** Folds components from what is stored of them, and from what frozen records have kept of raw that has gone. */
export async function foldAll(
  components: readonly Component[],
  context: FoldContext,
  parts: FoldParts,
): Promise<FoldedAll> {
  const { inputs, writer } = parts
  const members = components.flatMap(membersOf)
  const stored = new Map((await inputs.members(members)).map((member) => [memberText(member), member]))
  const evidence = groupBy(await inputs.evidence(components.flatMap(subjectsOf)), ({ tenant, row }) =>
    memberText({ tenant, id: row.subject }),
  )
  const places = await writer.places(members)
  const standing = await inputs.frozen(
    places.filter((place) => !isClaim(place)),
    context,
  )
  const known: Known = { members: stored, evidence, frozen: frozenFacts(standing) }
  const failed = new Map<Component, Error>()
  const empty: Component[] = []
  const drafts = components.flatMap((component) => {
    try {
      const draft = foldOne({ component, known, context, parts })
      if (draft === undefined) empty.push(component)
      return draft ?? []
    } catch (error) {
      failed.set(component, error instanceof Error ? error : new Error('fold failed'))
      return []
    }
  })
  return { drafts, gone: await abandoned({ components: empty, places, context, inputs }), failed }
}

interface Abandoned {
  /** Those that folded to nothing. */
  readonly components: readonly Component[]
  /** Of all members that are being recomputed. */
  readonly places: readonly Place[]
  readonly context: RecomputeContext
  readonly inputs: CallInputs
}

/** Where nothing says any more that there was a call, no record stays: but for those whose raw has expired. */
async function abandoned({ components, places, context, inputs }: Abandoned): Promise<readonly Place[]> {
  const byMember = groupBy(places, memberText)
  const left = components.flatMap((component) => {
    const known = membersOf(component).flatMap((member) => byMember.get(memberText(member)) ?? [])
    const isOurs = known.every((place) => place.version <= context.version)
    return isOurs ? placesUnder(component.members, context.version, known) : []
  })
  if (left.length === 0) return []
  const frozen = new Set(
    (await inputs.frozen(left, context)).map(({ record }) => `${record.tenant} ${record.id} ${record.startedMs}`),
  )
  return left.filter(({ tenant, canonical, atMs }) => !frozen.has(`${tenant} ${canonical} ${atMs}`))
}

interface One {
  readonly component: Component
  readonly known: Known
  readonly context: FoldContext
  readonly parts: Pick<FoldParts, 'profileOf' | 'patience'>
}

function foldOne({ component, known, context, parts: { profileOf, patience } }: One): Draft | undefined {
  const { version, logNowMs, watermarks } = context
  const asOfMs = watermarks.get(component.tenant) ?? watermarks.get('*') ?? 0
  const { facts, streams, rawUntilMs } = gather(component, known)
  const folded = foldCall({
    component,
    events: facts.events.map(({ row }) => row),
    cdrs: facts.cdrs.map(({ row }) => row),
    streams,
    evidence: facts.evidence.map(({ row }) => row),
    asOfMs,
    profileAt: (atMs) => profileOf(component.tenant, atMs),
    patience,
  })
  if (folded === undefined) return undefined
  return {
    ...folded,
    component,
    kept: keptBeside(folded.record, facts),
    version,
    shard: shardOf(component.tenant, component.canonical),
    asOfMs,
    rawUntilMs,
    computedAtMs: logNowMs,
  }
}

/** What one component is folded from: of each member and subject what raw holds, and what a frozen record has kept. */
function gather(component: Component, { members, evidence, frozen }: Known) {
  const of = subjectsOf(component).map((subject) => {
    const key = memberText(subject)
    const member = members.get(key)
    const said = evidence.get(key) ?? []
    const stored: Facts = { events: member?.events ?? [], cdrs: member?.cdrs ?? [], evidence: said }
    const kept = frozen.get(key)
    return {
      facts: kept === undefined ? stored : mergeFacts(kept.facts, stored),
      streams: member?.streams ?? [],
      // With all its raw gone, a frozen call stays frozen: or the next recompute would find neither raw nor what was kept.
      until: [member?.rawUntilMs ?? [], kept?.rawUntilMs ?? [], said.map(({ rawUntilMs }) => rawUntilMs)].flat(),
    }
  })
  const until = of.flatMap((subject) => subject.until)
  const facts: Facts = {
    events: of.flatMap(({ facts: { events } }) => events),
    cdrs: of.flatMap(({ facts: { cdrs } }) => cdrs),
    evidence: of.flatMap((subject) => subject.facts.evidence),
  }
  return {
    facts,
    streams: of.flatMap(({ streams }) => streams),
    rawUntilMs: until.length === 0 ? undefined : until.reduce((least, at) => Math.min(least, at)),
  }
}
