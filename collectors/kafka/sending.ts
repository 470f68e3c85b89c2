import type { Message, Producer } from 'kafkajs'
import type { NewRecord, TopicPartition } from '#contracts/event-log.ts'
import type { MakeClient } from './client.ts'
import { sendCompression } from './codecs.ts'
import type { LogClock } from './log-clock.ts'
import type { TopicNames } from './topic-names.ts'

/** A record whose partition is decided. */
export type PlacedRecord = NewRecord & { readonly partition: number }

/** Sends to the brokers, one request at a time. */
export interface Sending {
  /** Resolves when all are acknowledged by every replica in sync. After a rejection any part of them may be in the log. */
  send(records: readonly PlacedRecord[]): Promise<void>
  close(): Promise<void>
}

// About half a minute of trying: whoever waits for the answer of an edge has gone by then.
const retry = { initialRetryTime: 100, factor: 0.2, multiplier: 2, maxRetryTime: 5_000, retries: 9 }

/**
 * An idempotent producer that is thrown away after a failure: kafkajs goes on counting as if nothing of a failed request
 * had been written, and where something was, the broker refuses all that follows. A new producer counts from nought.
 */
export function createSending(makeClient: MakeClient, logClock: LogClock, names: TopicNames): Sending {
  let producer: Promise<Producer> | undefined

  async function connect(): Promise<Producer> {
    const made = makeClient().producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry,
      createPartitioner: () => partitionNamed,
    })
    try {
      await made.connect()
      return made
    } catch (error) {
      await made.disconnect().catch(() => undefined) // it may be connected, and refused a producer's number
      throw error
    }
  }

  async function throwAway(): Promise<void> {
    const before = producer
    producer = undefined
    await before?.then((made) => made.disconnect()).catch(() => undefined)
  }

  return {
    async send(records) {
      try {
        producer ??= connect()
        const made = await producer
        const answers = await made.sendBatch({
          acks: -1,
          compression: sendCompression,
          topicMessages: byTopic(records).map(({ topic, messages }) => ({ topic: names.onCluster(topic), messages })),
        })
        assertAllTaken(
          records,
          answers.map(({ topicName, partition }) => ({ topic: names.ours(topicName), partition })),
        )
        for (const { logAppendTime } of answers) if (Number(logAppendTime) > 0) logClock.learn(Number(logAppendTime))
      } catch (error) {
        await throwAway()
        throw error
      }
    },
    close: throwAway,
  }
}

/** kafkajs leaves out what belongs to a partition it does not know, and acknowledges the rest: an error instead. */
function partitionNamed({ message, partitionMetadata }: Parameters<ReturnType<PartitionerFactory>>[0]): number {
  const { partition } = message
  if (partition !== undefined && partitionMetadata.some(({ partitionId }) => partitionId === partition))
    return partition
  throw new RangeError('the topic has lost a partition')
}

type PartitionerFactory = NonNullable<
  NonNullable<Parameters<ReturnType<MakeClient>['producer']>[0]>['createPartitioner']
>

/**
 * When a leader moves between two tries, kafkajs can take a broker's answer for others as that for all. So the answers are
 * held against what was sent.
 */
function assertAllTaken(records: readonly PlacedRecord[], answers: readonly TopicPartition[]): void {
  const taken = new Set(answers.map(({ topic, partition }) => `${topic}/${partition}`))
  for (const { topic, partition } of records) {
    if (!taken.has(`${topic}/${partition}`)) throw new Error('not all partitions have acknowledged')
  }
}

function byTopic(records: readonly PlacedRecord[]) {
  const topics = new Map<string, Message[]>()
  for (const record of records) {
    const known = topics.get(record.topic)
    if (known === undefined) topics.set(record.topic, [messageOf(record)])
    else known.push(messageOf(record))
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }))
}

const messageOf = ({ key, value, headers, partition }: PlacedRecord): Message => ({
  key,
  value: typeof value === 'string' ? value : asBuffer(value),
  partition,
  ...(headers === undefined ? {} : { headers: { ...headers } }),
})

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
