import type { Announcement, Change } from '#contracts/changes.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { shardOf } from '#contracts/sharding.ts'
import { topicNames } from '#contracts/topics.ts'

/** Changes of one message: enough to be worth one append, few enough to stay a small message (about 100 bytes each). */
const changesPerMessage = 1_000

/**
 * Minutes of one change: ten characters each. A call may last for weeks, and brokers take 1 MiB unless told otherwise; what
 * they refuse for its size would be appended again and again for ever.
 */
const minutesPerChange = 40_000

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
  return inMessages(changes.flatMap(inPieces)).map((part): NewRecord => {
    const value: Announcement = { v: 1, changes: part }
    return { topic, key: String(shard), partition: shard, value: JSON.stringify(value) }
  })
}

/** A change of more minutes than a message holds, as several of fewer. Whoever reads them puts them together again. */
function inPieces(change: Change): readonly Change[] {
  const { minutes } = change
  if (minutes.length <= minutesPerChange) return [change]
  return Array.from({ length: Math.ceil(minutes.length / minutesPerChange) }, (_, at) => ({
    ...change,
    minutes: minutes.slice(at * minutesPerChange, (at + 1) * minutesPerChange),
  }))
}

/** Bytes of one message, about: ids of 200 characters that take three bytes each are well-formed, too. */
const bytesPerMessage = 512 * 1_024

/** What a change takes as JSON beside its tenant, its id and its minutes. */
const changeBytes = 150

const bytesOf = ({ tenant, id, minutes }: Change): number =>
  changeBytes + Buffer.byteLength(tenant) + Buffer.byteLength(id) + 10 * minutes.length

function inMessages(changes: readonly Change[]): readonly (readonly Change[])[] {
  const messages: Change[][] = []
  let bytes = 0
  for (const change of changes) {
    const last = messages.at(-1)
    const own = bytesOf(change)
    bytes += own
    if (last === undefined || last.length === changesPerMessage || bytes > bytesPerMessage) {
      messages.push([change])
      bytes = own
    } else last.push(change)
  }
  return messages
}
