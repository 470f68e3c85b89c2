import type { TopicPartition } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'

export const live = topicNames.callChanges
export const bulk = topicNames.callChangesBulk

/** Two accounts of offsets in one backlog: bulk partitions are numbered after the live ones. */
const bulkBase = 1_000

/** The number under which a backlog keeps account of a partition's offsets. */
export const accountOf = ({ topic, partition }: TopicPartition): number =>
  topic === bulk ? bulkBase + partition : partition

export const placeOf = (account: number): TopicPartition =>
  account >= bulkBase ? { topic: bulk, partition: account - bulkBase } : { topic: live, partition: account }
