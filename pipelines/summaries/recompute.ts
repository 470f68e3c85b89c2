import { type Change, recordOnly } from '#contracts/changes.ts'
import type { VersionSequence, WatermarkStore } from '#contracts/registry.ts'
import { shardOf } from '#contracts/sharding.ts'
import {
  type CallRow,
  type CallWriter,
  type DirtyMinutes,
  type MemberKey,
  type MinuteStore,
  memberText,
  type Place,
  type RecomputeContext,
} from '#contracts/summaries.ts'
import { groupBy } from '#quality/grouping.ts'
import { watermarksOf } from '../watermarks.ts'
import { type Component, type ResolveParts, resolveComponents } from './components.ts'
import { type Draft, type FoldParts, foldAll, membersOf } from './fold-components.ts'
import { leftBehind } from './outgrown.ts'
import { leftPlaces } from './places.ts'

export interface RecomputeParts extends ResolveParts, FoldParts {
  readonly versions: VersionSequence
  readonly watermarks: Pick<WatermarkStore, 'read'>
  readonly minutes: MinuteStore
  readonly writer: CallWriter
}

export interface Recomputed {
  readonly rows: readonly Draft[]
  /** Changes whose canonical id belongs to a shard that is not ours: to be announced there before they are committed here. */
  readonly forward: ReadonlyMap<number, readonly Change[]>
  /**
   * Changes whose record was dropped, because another owner with a later version is writing it. They are to be done again:
   * that owner may have read the minutes before we made them. And those of ids whose record has come apart without them.
   */
  readonly again: readonly Change[]
  /** Calls that could not be folded: a fault of ours, deterministic, so that trying again is no use. */
  readonly failed: readonly FailedCall[]
}

export interface FailedCall {
  readonly change: Change
  readonly cause: Error
  /** Of the component, sorted; left out where it is not known. */
  readonly members?: readonly string[]
}

/**
 * Recomputes what is dirty, whole: raw -> minutes -> records (docs/architecture.md, promises 3 and 4). The version is taken
 * before anything is read. What is recomputed is claimed before minutes are made and read; places are appended before a record is
 * written, and looked at again: where a place or a claim carries a higher version, somebody began later than we did, and our
 * result is dropped and done again (docs/decisions/0003). May be killed between any two writes: the changes are not
 * committed then, and come again.
 */
export async function recompute(
  changes: readonly Change[],
  owns: (shard: number) => boolean,
  logNowMs: number,
  parts: RecomputeParts,
): Promise<Recomputed> {
  const context: RecomputeContext = { version: await parts.versions.next(), logNowMs }
  const watermarks = watermarksOf(await parts.watermarks.read())
  const resolved = await resolveComponents(changes, parts)
  const { own, forward, dirty } = divide(changes, resolved, owns)
  // An owner with a lower version may be making minutes now. If it looks back after this, it finds the claim, and does its
  // work again; if it has looked back before, its minutes are there to be seen and read. Without a claim it could do neither.
  await parts.writer.appendPlaces(own.flatMap((component) => claimsOf(component, context)))
  await parts.minutes.recompute(dirty, context)
  const { drafts, gone, failed } = await foldAll(own, { ...context, watermarks }, parts)
  const left = await leftBehind(own, parts)
  const written = await writeAll(drafts, gone, context, parts)
  const dropped = new Set(drafts.filter((draft) => !written.includes(draft)).map(({ component }) => component))
  return {
    rows: written,
    forward,
    again: [...changesOf(dropped, changes, resolved), ...left.map((member) => recordOnly(member))],
    failed: [...failed].flatMap(([component, cause]) =>
      changesOf(new Set([component]), changes, resolved).map((change) => ({
        ...{ change, cause },
        members: component.members,
      })),
    ),
  }
}

/** What a recompute of these calls would write now, from what is stored; nothing is written. For the auditor. */
export async function foldAgain(
  members: readonly MemberKey[],
  logNowMs: number,
  parts: RecomputeParts,
): Promise<readonly CallRow[]> {
  const watermarks = watermarksOf(await parts.watermarks.read())
  const resolved = await resolveComponents(members, parts)
  const components = new Map(
    [...resolved.values()]
      .flat()
      .map((component) => [memberText({ tenant: component.tenant, id: component.canonical }), component]),
  )
  const { drafts } = await foldAll([...components.values()], { version: 0, logNowMs, watermarks }, parts)
  return drafts
}

/** A claim is a place nowhere: it names no record. */
const claimsOf = (component: Component, { version }: RecomputeContext): readonly Place[] =>
  membersOf(component).map((member) => ({ ...member, canonical: '', atMs: 0, version }))

const changesOf = (
  components: ReadonlySet<Component>,
  changes: readonly Change[],
  resolved: ReadonlyMap<string, readonly Component[]>,
): readonly Change[] => {
  const names = new Set([...components].map(({ tenant, canonical }) => memberText({ tenant, id: canonical })))
  return changes.filter((change) =>
    resolved.get(memberText(change))?.some(({ tenant, canonical }) => names.has(memberText({ tenant, id: canonical }))),
  )
}

interface Divided {
  readonly own: readonly Component[]
  readonly forward: ReadonlyMap<number, readonly Change[]>
  readonly dirty: readonly DirtyMinutes[]
}

/** Ours are the components whose canonical id falls on a shard we own; the others' owners are told. */
function divide(
  changes: readonly Change[],
  resolved: ReadonlyMap<string, readonly Component[]>,
  owns: (shard: number) => boolean,
): Divided {
  const own = new Map<string, Component>()
  const forward = new Map<number, Change[]>()
  const dirty: DirtyMinutes[] = []
  for (const change of changes) {
    let ours = false
    for (const component of resolved.get(memberText(change)) ?? []) {
      const shard = shardOf(component.tenant, component.canonical)
      if (owns(shard)) {
        own.set(memberText({ tenant: component.tenant, id: component.canonical }), component)
        ours = true
      } else forward.set(shard, [...(forward.get(shard) ?? []), change])
    }
    if (ours && !change.id.startsWith('trace:')) dirty.push(change)
  }
  return { own: [...own.values()], forward, dirty }
}

/** Places first, then a look back, then records and tombstones. Returns the rows that were ours to write. */
async function writeAll(
  drafts: readonly Draft[],
  gone: readonly Place[],
  { version }: RecomputeContext,
  { writer, versions }: RecomputeParts,
): Promise<readonly Draft[]> {
  if (drafts.length + gone.length === 0) return []
  await writer.appendPlaces(drafts.flatMap(placesOf))
  const places = groupBy(await writer.places(drafts.flatMap(({ component }) => membersOf(component))), memberText)
  const rows: Draft[] = []
  const tombstones: Place[] = [...gone]
  let overtakenBy = 0
  for (const draft of drafts) {
    const known = membersOf(draft.component).flatMap((member) => places.get(memberText(member)) ?? [])
    // Somebody who took a later version has also read later: what they write holds all that we have read.
    const latest = known.reduce((most, place) => Math.max(most, place.version), 0)
    if (latest > version) {
      overtakenBy = Math.max(overtakenBy, latest)
      continue
    }
    rows.push(draft)
    tombstones.push(...leftPlaces(draft.record, version, known))
  }
  await writer.write(rows, tombstones)
  if (overtakenBy > 0) await catchUp(overtakenBy, versions)
  return rows
}

/**
 * Who has overtaken us drew from the same sequence, unless that has gone back: a registry restored from an older copy, or a
 * standby that had not heard of the last numbers. Then nothing would be written until it has come by itself to where it was.
 */
async function catchUp(stored: number, versions: RecomputeParts['versions']): Promise<void> {
  if ((await versions.next()) <= stored) await versions.raiseAbove(stored)
}

const placesOf = ({ record, version, component }: Draft): readonly Place[] =>
  component.members.map((id) => ({ tenant: record.tenant, id, canonical: record.id, atMs: record.startedMs, version }))
