import type { Cluster } from 'kafkajs'
import type { TopicPartition } from '#contracts/event-log.ts'
import { batchOf, type FetchedBatch } from './kafkajs-inside.ts'
import { createReach, type Reach } from './reach.ts'
import { isStaleRefusal, troubleOf } from './trouble.ts'

export interface Extent extends TopicPartition {
  readonly start: number
  readonly end: number
}

export interface PlacedOffset extends TopicPartition {
  readonly offset: number
}

/** Who commits: a member of a group in one round of it. The broker refuses it once the round has passed. */
export interface CommittingMember {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
}

/** Questions to the cluster that need no group membership. All may reject; the connection is made when first needed, and anew. */
export interface ClusterQuestions {
  /** Partition numbers of a topic, remembered for a minute; undefined: no such topic. */
  partitions(topic: string): Promise<readonly number[] | undefined>
  /** Forget what is remembered of a topic: it has changed. */
  forget(topic: string): void
  extents(topics: readonly string[]): Promise<readonly Extent[]>
  /** Committed offsets; partitions without one are left out. */
  committed(groupId: string, places: readonly TopicPartition[]): Promise<readonly PlacedOffset[]>
  commit(member: CommittingMember, offsets: readonly PlacedOffset[]): Promise<'committed' | 'stale'>
  /** One fetch from a place on, of about so many bytes but at least one batch; may be empty though there is more. */
  fetch(from: PlacedOffset, maxBytes: number): Promise<FetchedBatch>
  close(): Promise<void>
}

const topicsRememberedMs = 60_000
export function createClusterQuestions(open: () => Cluster, monotonic: () => number): ClusterQuestions {
  const reach = createReach(open)
  const known = new Map<string, { readonly partitions: readonly number[]; readonly until: number }>()
  return {
    async partitions(topic) {
      const remembered = known.get(topic)
      if (remembered !== undefined && remembered.until > monotonic()) return remembered.partitions
      const partitions = await partitionsOf(topic, reach)
      if (partitions === undefined) known.delete(topic)
      else known.set(topic, { partitions, until: monotonic() + topicsRememberedMs })
      return partitions
    },
    forget: (topic) => void known.delete(topic),
    extents: (topics) => reach.ask('extents of topics', () => extentsOf(topics, reach)),
    committed: (groupId, places) =>
      reach.ask('committed offsets', async () => {
        const coordinator = await reach.coordinatorOf(groupId)
        const topics = byTopic(places.map((place) => ({ ...place, offset: 0 })))
        const { responses } = await coordinator.offsetFetch({ groupId, topics })
        return placed(responses).filter(({ offset }) => offset >= 0)
      }),
    commit: (member, offsets) => commit(member, offsets, reach),
    fetch: (from, maxBytes) => reach.ask('read', () => fetchOne(from, maxBytes, reach)),
    close: reach.close,
  }
}

/** Undefined: no such topic. */
async function partitionsOf(topic: string, { ask, connected }: Reach): Promise<readonly number[] | undefined> {
  try {
    return await ask('topic', async () => {
      const cluster = await connected([topic])
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      return partitions.sort((a, b) => a - b)
    })
  } catch (error) {
    if (troubleOf(error) === 'topic_missing') return undefined
    throw error
  }
}

async function extentsOf(topics: readonly string[], { connected }: Reach): Promise<readonly Extent[]> {
  const cluster = await connected(topics)
  const offsetsAt = (fromBeginning: boolean) =>
    cluster.fetchTopicsOffset(
      topics.map((topic) => ({
        topic,
        fromBeginning,
        partitions: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId })),
      })),
    )
  const [ends, starts] = await Promise.all([offsetsAt(false), offsetsAt(true)])
  return placed(ends).map(({ topic, partition, offset: end }) => {
    const start = placed(starts).find((other) => other.topic === topic && other.partition === partition)?.offset
    return { topic, partition, start: start ?? 0, end }
  })
}

async function commit(
  { groupId, generationId, memberId }: CommittingMember,
  offsets: readonly PlacedOffset[],
  { ask, coordinatorOf }: Reach,
): Promise<'committed' | 'stale'> {
  try {
    return await ask('commit', async (): Promise<'committed'> => {
      const coordinator = await coordinatorOf(groupId)
      await coordinator.offsetCommit({ groupId, groupGenerationId: generationId, memberId, topics: byTopic(offsets) })
      return 'committed'
    })
  } catch (error) {
    if (isStaleRefusal(error)) return 'stale'
    throw error
  }
}

async function fetchOne(
  { topic, partition, offset }: PlacedOffset,
  maxBytes: number,
  { connected }: Reach,
): Promise<FetchedBatch> {
  const cluster = await connected([topic])
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error('the partition has no leader')
  const broker = await cluster.findBroker({ nodeId })
  const partitions = [{ partition, fetchOffset: String(offset), maxBytes }]
  const asked = { maxWaitTime: 100, minBytes: 1, maxBytes, isolationLevel: 1 }
  const answer = await broker.fetch({ ...asked, topics: [{ topic, partitions }] })
  return batchOf(topic, String(offset), answer.responses[0].partitions[0])
}

interface OffsetsOfTopic {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
}

const placed = (topics: readonly OffsetsOfTopic[]): PlacedOffset[] =>
  topics.flatMap(({ topic, partitions }) =>
    partitions
      .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
      .sort((a, b) => a.partition - b.partition),
  )

function byTopic(offsets: readonly PlacedOffset[]) {
  const topics = new Map<string, { partition: number; offset: string }[]>()
  for (const { topic, partition, offset } of offsets) {
    const known = topics.get(topic) ?? []
    known.push({ partition, offset: String(offset) })
    topics.set(topic, known)
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
