import type { Cluster, Consumer, EachBatchPayload } from 'kafkajs'
import type { TopicPartition } from '#contracts/event-log.ts'
import { assignerByNumber } from './assigner.ts'
import type { MakeClient } from './client.ts'
import { type FetchedBatch, type GroupInside, groupOn } from './kafkajs-inside.ts'
import type { TopicNames } from './topic-names.ts'
import { type KafkaTrouble, troubleOf } from './trouble.ts'

/** One kafkajs consumer, from connecting to its end. It never restarts itself. */
export interface LiveConsumer {
  /** Resolves when it has ended by itself, with the reason. */
  readonly ended: Promise<KafkaTrouble>
  pause(places: readonly TopicPartition[]): void
  resume(places: readonly TopicPartition[]): void
  seek(place: TopicPartition, offset: number): void
  /** End it, as if it had crashed: what it reads is not what it should be. */
  abandon(): void
  /** Leave the group and close the connections. Also when it never came to run. */
  stop(): Promise<void>
}

export interface JoinedRound {
  readonly generationId: number
  readonly memberId: string
  readonly assigned: readonly TopicPartition[]
}

/** Told what happens to a consumer, in order. None may throw. */
export interface ConsumerListener {
  /** A new round of the group has begun: reading goes on once the partitions are resumed. */
  joined(round: JoinedRound, consumer: LiveConsumer): void
  /** The present round is over; the next is being agreed upon. */
  rebalancing(): void
  /** True: the batch was taken over. */
  fetched(place: TopicPartition, batch: FetchedBatch): boolean
  /** Nothing up to here is for us: control records, aborted transactions, what compaction removed. */
  nothingUpTo(place: TopicPartition, offset: number, end: number): void
}

export interface ConsumerSettings {
  readonly groupId: string
  /** By our names, as all that is told and asked here; only kafkajs hears those of the cluster. */
  readonly topics: readonly string[]
  readonly names: TopicNames
  readonly sessionTimeoutMs: number
  readonly monotonic: () => number
}

const rebalanceTimeoutMs = 60_000
// Seen soon that the group rebalances, so that the others need not wait for this member.
const heartbeatMs = 1_000
/** The longest that kafkajs sleeps or waits for records in one go; bounds how late a resume or seek is noticed. */
const fetchWaitMs = 250
/**
 * The most of one answer, as it comes over the wire: decompressed it may be ten times as much, and is held whole for a moment.
 * A batch larger than a partition's part still comes when its turn is first; kafkajs shuffles the turns.
 */
const fetchBytes = 4 * 1024 * 1024
const partitionBytes = 1024 * 1024

const fixedSettings = {
  rebalanceTimeout: rebalanceTimeoutMs,
  heartbeatInterval: heartbeatMs,
  maxBytesPerPartition: partitionBytes,
  maxBytes: fetchBytes,
  maxWaitTimeInMs: fetchWaitMs,
  metadataMaxAge: 60_000,
  allowAutoTopicCreation: false,
  retry: {
    initialRetryTime: 100,
    factor: 0.2,
    multiplier: 2,
    maxRetryTime: 2_000,
    retries: 8,
    restartOnFailure: async () => false,
  },
}

export function startConsumer(
  makeClient: MakeClient,
  settings: ConsumerSettings,
  listener: ConsumerListener,
): LiveConsumer {
  const { groupId, topics, names, sessionTimeoutMs, monotonic } = settings
  let cluster: Cluster | undefined
  let heardMs = monotonic()
  const heard = () => {
    heardMs = monotonic()
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<KafkaTrouble>()
  const found = (mine: Cluster) => {
    cluster = mine
  }
  const consumer = makeClient().consumer({
    ...fixedSettings,
    groupId,
    sessionTimeout: sessionTimeoutMs,
    partitionAssigners: [assignerByNumber(found)],
  })
  const group = (): GroupInside | undefined => (cluster === undefined ? undefined : groupOn(cluster))
  const live: LiveConsumer = {
    ended,
    pause: (places) => ifRunning(() => consumer.pause(byTopic(places, names))),
    resume: (places) => ifRunning(() => consumer.resume(byTopic(places, names))),
    seek: ({ topic, partition }, offset) =>
      ifRunning(() => consumer.seek({ topic: names.onCluster(topic), partition, offset: String(offset) })),
    abandon: () => end('records_trimmed'),
    async stop() {
      clearInterval(watch)
      end('client_failed')
      await started
      await consumer.disconnect().catch(() => undefined)
    },
  }
  // kafkajs times heartbeats by the wall clock: set back an hour, it would send none for an hour and lose its partitions.
  const watch = setInterval(() => {
    const silentMs = monotonic() - heardMs
    const member = group()
    if (silentMs > 2 * heartbeatMs && member !== undefined) member.lastRequest = 0
    if (silentMs > sessionTimeoutMs + rebalanceTimeoutMs) end('member_silent')
  }, heartbeatMs)

  listen(consumer, { live, group, names, listener, heard, end })
  const started = start(consumer, { topics, names }, listener).catch((error: unknown) => end(troubleOf(error)))
  return live
}

/** kafkajs refuses what is asked of a consumer that has just crashed. Its round is over then, and nothing is missed. */
function ifRunning(ask: () => void): void {
  try {
    ask()
  } catch {
    // told by CRASH, a moment later
  }
}

interface Heard {
  readonly live: LiveConsumer
  readonly group: () => GroupInside | undefined
  readonly names: TopicNames
  readonly listener: ConsumerListener
  heard(): void
  end(trouble: KafkaTrouble): void
}

function listen(consumer: Consumer, { live, group, names, listener, heard, end }: Heard): void {
  const { CRASH, GROUP_JOIN, HEARTBEAT, REBALANCING, START_BATCH_PROCESS } = consumer.events
  consumer.on(CRASH, ({ payload }) => end(troubleOf(payload.error)))
  consumer.on(HEARTBEAT, heard)
  consumer.on(REBALANCING, () => {
    heard()
    listener.rebalancing()
  })
  consumer.on(GROUP_JOIN, ({ payload }) => {
    heard()
    const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic: names.ours(topic), partition })),
    )
    const generationId = group()?.generationId ?? -1
    listener.joined({ generationId, memberId: payload.memberId, assigned }, live)
  })
  // Of batches in which nothing is left after filtering kafkajs tells only by this event.
  consumer.on(START_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset, highWatermark } }) => {
    if (batchSize === 0 && group()?.hasSeekOffset({ topic, partition }) === false) {
      listener.nothingUpTo({ topic: names.ours(topic), partition }, Number(lastOffset), Number(highWatermark))
    }
  })
}

async function start(
  consumer: Consumer,
  { topics, names }: Pick<ConsumerSettings, 'topics' | 'names'>,
  listener: ConsumerListener,
): Promise<void> {
  await consumer.connect()
  await consumer.subscribe({ topics: topics.map(names.onCluster), fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    // Never waits: what is too much is paused, and heartbeats go on with the fetching of the rest.
    async eachBatch({ batch, isStale, resolveOffset }: EachBatchPayload) {
      const place = { topic: names.ours(batch.topic), partition: batch.partition }
      if (!isStale() && listener.fetched(place, batch as FetchedBatch)) resolveOffset(batch.lastOffset())
    },
  })
}

function byTopic(places: readonly TopicPartition[], { onCluster }: TopicNames) {
  return [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, of]) => ({
    topic: onCluster(topic),
    partitions: of.map(({ partition }) => partition),
  }))
}
