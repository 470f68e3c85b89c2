import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Cluster } from 'kafkajs'
import type { TopicPartition } from '#contracts/event-log.ts'
import { batchOf, type FetchedBatch } from './kafkajs-inside.ts'
import { isStaleRefusal, KafkaError, type KafkaTrouble, troubleOf } from './trouble.ts'

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
const mostTries = 4
// What another try would not change; a missing topic is looked for once more on a connection that never asked for another.
const triesBy: Partial<Record<KafkaTrouble, number>> = { not_allowed: 1, login_refused: 1, topic_missing: 2 }

export function createClusterQuestions(open: () => Cluster, monotonic: () => number): ClusterQuestions {
  let cluster = open()
  let closed = false
  const known = new Map<string, { readonly partitions: readonly number[]; readonly until: number }>()
  const coordinators = new Map<string, Broker>()

  async function connected(topics: readonly string[]): Promise<void> {
    await cluster.connect()
    await cluster.addMultipleTargetTopics([...topics])
    await cluster.refreshMetadataIfNecessary()
  }

  /** Asks, and again after looking around anew: leaders and coordinators move, and are elected first of all. */
  async function ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await question()
      } catch (error) {
        if (isStaleRefusal(error)) throw error
        // Trying on after the close would keep the process alive, and make connections that nobody ends.
        if (closed || tries >= (triesBy[troubleOf(error)] ?? mostTries)) throw new KafkaError(what, error)
        await sleep(tries > 1 ? 100 * 2 ** tries : 0)
        await lookAround(error).catch(() => undefined) // the next try meets the same trouble
      }
    }
  }

  async function lookAround(error: unknown): Promise<void> {
    coordinators.clear()
    if (troubleOf(error) !== 'topic_missing') {
      await cluster.connect()
      return cluster.refreshMetadata()
    }
    // A connection asks for all topics it was ever asked for: one that was deleted would fail every other question.
    const before = cluster
    cluster = open()
    await before.disconnect().catch(() => undefined)
  }

  async function coordinatorOf(groupId: string): Promise<Broker> {
    const remembered = coordinators.get(groupId)
    if (remembered?.isConnected()) return remembered
    await connected([])
    const found = await cluster.findGroupCoordinator({ groupId })
    coordinators.set(groupId, found)
    return found
  }

  async function offsetsAt(topics: readonly string[], fromBeginning: boolean) {
    return cluster.fetchTopicsOffset(
      topics.map((topic) => ({
        topic,
        fromBeginning,
        partitions: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId })),
      })),
    )
  }

  return {
    async partitions(topic) {
      const remembered = known.get(topic)
      if (remembered !== undefined && remembered.until > monotonic()) return remembered.partitions
      const partitions = await partitionsOf(topic)
      if (partitions === undefined) known.delete(topic)
      else known.set(topic, { partitions, until: monotonic() + topicsRememberedMs })
      return partitions
    },
    forget: (topic) => void known.delete(topic),
    extents: (topics) =>
      ask('extents of topics', async () => {
        await connected(topics)
        const [ends, starts] = await Promise.all([offsetsAt(topics, false), offsetsAt(topics, true)])
        return placed(ends).map(({ topic, partition, offset: end }) => {
          const start = placed(starts).find((other) => other.topic === topic && other.partition === partition)?.offset
          return { topic, partition, start: start ?? 0, end }
        })
      }),
    committed: (groupId, places) =>
      ask('committed offsets', async () => {
        const coordinator = await coordinatorOf(groupId)
        const topics = byTopic(places.map((place) => ({ ...place, offset: 0 })))
        const { responses } = await coordinator.offsetFetch({ groupId, topics })
        return placed(responses).filter(({ offset }) => offset >= 0)
      }),
    async commit({ groupId, generationId, memberId }, offsets) {
      try {
        return await ask('commit', async (): Promise<'committed'> => {
          const coordinator = await coordinatorOf(groupId)
          await coordinator.offsetCommit({
            groupId,
            groupGenerationId: generationId,
            memberId,
            topics: byTopic(offsets),
          })
          return 'committed'
        })
      } catch (error) {
        if (isStaleRefusal(error)) return 'stale'
        throw error
      }
    },
    fetch: ({ topic, partition, offset }, maxBytes) =>
      ask('read', async () => {
        await connected([topic])
        const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
        if (nodeId === undefined) throw new Error('the partition has no leader')
        const broker = await cluster.findBroker({ nodeId })
        const partitions = [{ partition, fetchOffset: String(offset), maxBytes }]
        const asked = { maxWaitTime: 100, minBytes: 1, maxBytes, isolationLevel: 1 }
        const answer = await broker.fetch({ ...asked, topics: [{ topic, partitions }] })
        return batchOf(topic, String(offset), answer.responses[0].partitions[0])
      }),
    async close() {
      closed = true
      await cluster.disconnect()
    },
  }

  async function partitionsOf(topic: string): Promise<readonly number[] | undefined> {
    try {
      return await ask('topic', async () => {
        await connected([topic])
        const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
        return partitions.sort((a, b) => a - b)
      })
    } catch (error) {
      if (troubleOf(error) === 'topic_missing') return undefined
      throw error
    }
  }
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
