import type { Announcement, Change } from '#contracts/changes.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { shardOf } from '#contracts/sharding.ts'
import { topicNames } from '#contracts/topics.ts'

/** Changes of one message: enough to be worth one append, few enough to stay a small message (about 100 bytes each). */
const changesPerMessage = 1_000

/** Announcements of these changes, by shard; the shard is the partition, set explicitly, whoever partitions otherwise. */
export function announcements(changes: Iterable<Change>, topic: string = topicNames.callChanges): readonly NewRecord[] {
  const byShard = new Map<number, Change[]>()
  for (const change of changes) {
    const shard = shardOf(change.tenant, change.id)
    const known = byShard.get(shard)
    if (known === undefined) byShard.set(shard, [change])
    else known.push(change)
  }
  return [...byShard].flatMap(([shard, ofShard]) => announcementsFor(shard, ofShard, topic))
}

/** Announcements for one shard, whichever shards the ids themselves would fall on (a forward goes to the canonical's). */
export function announcementsFor(
  shard: number,
  changes: readonly Change[],
  topic: string = topicNames.callChanges,
): readonly NewRecord[] {
  const records: NewRecord[] = []
  for (let from = 0; from < changes.length; from += changesPerMessage) {
    const value: Announcement = { v: 1, changes: changes.slice(from, from + changesPerMessage) }
    records.push({ topic, key: String(shard), partition: shard, value: JSON.stringify(value) })
  }
  return records
}
