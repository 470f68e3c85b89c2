import type { Change } from '#contracts/changes.ts'
import { isHopeless, isUnavailable, LastingError } from '#contracts/errors.ts'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import type { VersionSequence } from '#contracts/registry.ts'
import { shardOf } from '#contracts/sharding.ts'
import { type CallInputs, type CallWriter, type MemberKey, memberText, type Place } from '#contracts/summaries.ts'
import { topicNames } from '#contracts/topics.ts'
import { whereOf } from '#pipelines/decode-batch.ts'
import type { Component } from '#pipelines/summaries/components.ts'
import { keptBeside } from '#pipelines/summaries/facts.ts'
import { notComputed } from '#pipelines/summaries/not-computed.ts'
import { leftPlaces } from '#pipelines/summaries/places.ts'
import type { FailedCall } from '#pipelines/summaries/recompute.ts'
import { edgeDeadLetter } from '#sinks/dead-letter/build.ts'

export interface GiveUpParts {
  readonly log: Pick<EventLog, 'append'>
  readonly writer: CallWriter
  readonly inputs: Pick<CallInputs, 'frozen'>
  readonly versions: Pick<VersionSequence, 'next'>
  /** Calls that the announced id names now. */
  readonly componentsOf: (change: Change) => Promise<readonly Pick<Component, 'members'>[]>
  /** The log's present time, epoch milliseconds. */
  readonly logNow: () => number
  /** Told how many were given up, once their letters are in the log. */
  readonly count?: (calls: number) => void
}

/** So often a record is tried to be written for no reason that is known to pass, half a second apart. */
const mostTries = 10
/** Calls whose tries are remembered. */
const maxRemembered = 1_000

/** Counts what fails by call; a store that is away or busy for now is no fault of the call, and is waited for. */
function createPatience() {
  const tries = new Map<string, number>()
  return function isBeyond(member: MemberKey, error: unknown): boolean {
    if (isUnavailable(error)) return false
    const key = memberText(member)
    const count = (tries.get(key) ?? 0) + 1
    tries.delete(key)
    if (count >= mostTries) return true
    tries.set(key, count)
    for (const first of tries.keys()) {
      if (tries.size <= maxRemembered) break
      tries.delete(first)
    }
    return false
  }
}

/**
 * A call that cannot be computed: its announcement becomes a dead letter, its record says `not_computed`, its shard goes
 * on. The record takes the place where the call last stood, so that one call stays one row, and is written as a recompute
 * writes: places first, then a look back, and not at all where somebody has begun later, who may well have computed it. A
 * frozen record stays as it was: it is all that is left of its call. Throws while a store is away, and nothing else.
 */
export function giveUpOn({ log, writer, versions, componentsOf, inputs, logNow, count }: GiveUpParts) {
  const isBeyond = createPatience()

  return async function giveUp(failed: readonly FailedCall[]): Promise<void> {
    for (const { change, members } of failed) await tryRecord(change, members)
    // Last: while the store is down all this is tried again and again, and there shall be one letter.
    await log.append(failed.map(letterOf))
    count?.(failed.length)
  }

  /** What made the call impossible to compute may make its record impossible to write: then there is the letter alone. */
  async function tryRecord(change: Change, members: readonly string[] | undefined): Promise<void> {
    try {
      for (const ids of members === undefined ? await membersOf(change) : [members]) await writeNotComputed(change, ids)
    } catch (error) {
      if (!isHopeless(error) && !isBeyond(change, error)) throw error
    }
  }

  /** Where not even this can be found out, there is a letter and no record: an id alone may be a member of another's. */
  async function membersOf(change: Change): Promise<readonly (readonly string[])[]> {
    try {
      return (await componentsOf(change)).map(({ members }) => members)
    } catch {
      return []
    }
  }

  async function writeNotComputed(change: Change, ids: readonly string[]): Promise<void> {
    const { tenant } = change
    const [canonical] = ids
    if (canonical === undefined) return
    const members = ids.map((id) => ({ tenant, id }))
    const version = await versions.next()
    const before = await writer.places(members)
    // What raw no longer covers would be lost for good.
    if ((await inputs.frozen(before, { version, logNowMs: logNow() })).length > 0) return
    const empty = notComputed({ ...change, id: canonical })
    const startedMs = lastPlace(canonical, before)?.atMs ?? empty.startedMs
    const record = { ...empty, correlationIds: ids, startedMs }
    await writer.appendPlaces(members.map((member) => ({ ...member, canonical, atMs: startedMs, version })))
    const known = await writer.places(members)
    if (known.some((place) => place.version > version)) return
    const kept = keptBeside(record, { events: [], cdrs: [], evidence: [] })
    const unknown = { asOfMs: 0, nextDueMs: undefined, rawUntilMs: undefined, computedAtMs: 0 }
    await writer.write(
      [{ record, kept, version, shard: shardOf(tenant, canonical), ...unknown }],
      leftPlaces(record, version, known),
    )
  }
}

const lastPlace = (canonical: string, known: readonly Place[]): Place | undefined =>
  known
    .filter((place) => place.canonical === canonical)
    .reduce<Place | undefined>((last, place) => (place.version > (last?.version ?? -1) ? place : last), undefined)

const letterOf = ({ change, cause }: FailedCall): NewRecord =>
  edgeDeadLetter({
    reason: 'recompute_failed',
    detail: `the call's record could not be computed: ${wordsOf(cause)}`,
    topic: topicNames.callChanges,
    tenant: change.tenant,
    value: JSON.stringify({ v: 1, changes: [change] }),
  })

/** Fit to stand in a letter's head: what stores say is, and of our own faults the place in the source. */
const wordsOf = (cause: Error): string => {
  if (cause instanceof LastingError) return cause.message
  return isHopeless(cause) ? whereOf(cause) : cause.name
}
