import type { TopicPartition } from '#contracts/event-log.ts'
import type { ClusterQuestions, Extent, PlacedOffset } from './cluster.ts'
import type { LogClock } from './log-clock.ts'

/** How far a group is behind in one partition. */
export interface PartitionLag extends TopicPartition {
  /** Undefined: the group has never committed, and will begin at the start. */
  readonly committed: number | undefined
  readonly end: number
  readonly messages: number
  /** Age of the next unread record by the log's own time; 0 when there is none, undefined when it could not be read. */
  readonly seconds: number | undefined
}

export interface LagParts {
  readonly cluster: ClusterQuestions
  readonly logClock: LogClock
}

// Each partition that is behind costs a question for its next record.
const atOnce = 8

/** Lag of a group (as the brokers know it) in all partitions of the topics. */
export async function lagOf(
  { cluster, logClock }: LagParts,
  groupId: string,
  topics: readonly string[],
): Promise<readonly PartitionLag[]> {
  const askedMs = logClock.monotonic()
  const extents = await cluster.extents(topics)
  const committed = await cluster.committed(groupId, extents)
  const lags: PartitionLag[] = []
  for (let from = 0; from < extents.length; from += atOnce) {
    lags.push(...(await Promise.all(extents.slice(from, from + atOnce).map((extent) => lagIn(extent, committed)))))
  }
  return lags

  async function lagIn({ topic, partition, start, end }: Extent, all: readonly PlacedOffset[]): Promise<PartitionLag> {
    const at = all.find((of) => of.topic === topic && of.partition === partition)?.offset
    const offset = Math.min(Math.max(at ?? start, start), end)
    const seconds = offset === end ? 0 : await ageOf({ topic, partition, offset }).catch(() => undefined)
    return { topic, partition, committed: at, end, messages: end - offset, seconds }
  }

  async function ageOf(unread: PlacedOffset): Promise<number | undefined> {
    const [first] = (await cluster.fetch(unread, 1)).messages
    // Nothing but markers, or a transaction that is open.
    if (first === undefined) return undefined
    return Math.max(0, (logClock.at(askedMs) - Number(first.timestamp)) / 1_000)
  }
}
