import type { Change } from '#contracts/changes.ts'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import type { VersionSequence } from '#contracts/registry.ts'
import { shardOf } from '#contracts/sharding.ts'
import type { CallWriter } from '#contracts/summaries.ts'
import { topicNames } from '#contracts/topics.ts'
import { notComputed } from '#pipelines/summaries/not-computed.ts'
import { edgeDeadLetter } from '#sinks/dead-letter/build.ts'

export interface GiveUpParts {
  readonly log: Pick<EventLog, 'append'>
  readonly writer: CallWriter
  readonly versions: Pick<VersionSequence, 'next'>
}

/** A call that cannot be computed: its announcement becomes a dead letter, its record says `not_computed`, its shard goes on. */
export function giveUpOn({ log, writer, versions }: GiveUpParts) {
  return async function giveUp(failed: readonly { readonly change: Change; readonly cause: Error }[]): Promise<void> {
    await log.append(failed.map(letterOf))
    const version = await versions.next()
    for (const { change } of failed) {
      if (change.id.startsWith('trace:')) continue
      const record = notComputed(change)
      await writer.appendPlaces([
        { tenant: change.tenant, id: change.id, canonical: change.id, atMs: record.startedMs, version },
      ])
      await writer.write(
        [
          {
            record,
            version,
            shard: shardOf(change.tenant, change.id),
            asOfMs: 0,
            nextDueMs: undefined,
            rawUntilMs: undefined,
            computedAtMs: 0,
          },
        ],
        [],
      )
    }
  }
}

const letterOf = ({ change, cause }: { readonly change: Change; readonly cause: Error }): NewRecord =>
  edgeDeadLetter({
    reason: 'recompute_failed',
    detail: `the call's record could not be computed: ${cause.name}`,
    topic: topicNames.callChanges,
    tenant: change.tenant,
    value: JSON.stringify({ v: 1, changes: [change] }),
  })
