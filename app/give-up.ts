import type { Change } from '#contracts/changes.ts'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import type { VersionSequence } from '#contracts/registry.ts'
import { shardOf } from '#contracts/sharding.ts'
import type { CallInputs, CallWriter, Place } from '#contracts/summaries.ts'
import { topicNames } from '#contracts/topics.ts'
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
  /** The log's present time, epoch milliseconds. */
  readonly logNow: () => number
}

/**
 * A call that cannot be computed: its announcement becomes a dead letter, its record says `not_computed`, its shard goes
 * on. The record takes the place where the call last stood, so that one call stays one row. A frozen record stays as it was:
 * it is all that is left of its call.
 */
export function giveUpOn({ log, writer, inputs, versions, logNow }: GiveUpParts) {
  return async function giveUp(failed: readonly FailedCall[]): Promise<void> {
    await log.append(failed.map(letterOf))
    for (const { change, members } of failed) {
      if (members === undefined && change.id.startsWith('trace:')) continue
      await writeNotComputed(change.tenant, members ?? [change.id], change)
    }
  }

  async function writeNotComputed(tenant: string, members: readonly string[], change: Change): Promise<void> {
    const [id = change.id] = members
    const version = await versions.next()
    const known = await writer.places(members.map((member) => ({ tenant, id: member })))
    if ((await inputs.frozen(known, { version, logNowMs: logNow() })).length > 0) return
    const last = known
      .filter((place) => place.canonical === id)
      .reduce<Place | undefined>((best, place) => (place.version > (best?.version ?? -1) ? place : best), undefined)
    const empty = notComputed({ ...change, id })
    const record = { ...empty, correlationIds: members, startedMs: last?.atMs ?? empty.startedMs }
    const place = { tenant, canonical: id, atMs: record.startedMs, version }
    await writer.appendPlaces(members.map((member) => ({ ...place, id: member })))
    const kept = keptBeside(record, { events: [], cdrs: [], evidence: [] })
    const unknown = { asOfMs: 0, nextDueMs: undefined, rawUntilMs: undefined, computedAtMs: 0 }
    await writer.write(
      [{ record, kept, version, shard: shardOf(tenant, id), ...unknown }],
      leftPlaces(record, version, known),
    )
  }
}

const letterOf = ({ change, cause }: FailedCall): NewRecord =>
  edgeDeadLetter({
    reason: 'recompute_failed',
    detail: `the call's record could not be computed: ${cause.name}`,
    topic: topicNames.callChanges,
    tenant: change.tenant,
    value: JSON.stringify({ v: 1, changes: [change] }),
  })
