import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { createKafkaLog, type KafkaLog } from '#collectors/kafka/kafka-log.ts'
import type { KafkaTrouble } from '#collectors/kafka/trouble.ts'
import type { TopicDefinition } from '#contracts/event-log.ts'

/** host:port of a broker that tests may make topics on. */
export const broker = process.env.CALLSCOPE_TEST_KAFKA ?? '127.0.0.1:9092'

export interface LogForTests {
  readonly log: KafkaLog
  readonly admin: Admin
  readonly troubles: KafkaTrouble[]
  /** What a group has committed in a topic, by partition; -1: nothing. */
  committed(group: string, topic: string): Promise<Record<number, number>>
  /** Delete what is before an offset of partition 0, as retention does. */
  trim(topic: string, before: number): Promise<void>
  dispose(): Promise<void>
}

const appendTime = { name: 'message.timestamp.type', value: 'LogAppendTime' }

/** A log whose groups are its own, with these topics made on the broker. */
export async function openLog(
  topics: readonly TopicDefinition[],
  settings: Record<string, unknown> = {},
): Promise<LogForTests> {
  const admin = new kafkajs.Kafka({
    brokers: [broker],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 1 },
  }).admin()
  await admin.connect()
  await admin.createTopics({
    waitForLeaders: false,
    topics: topics.map(({ name, partitions }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: 1,
      configEntries: [appendTime],
    })),
  })
  for (const { name } of topics) await untilKnown(admin, name)
  const troubles: KafkaTrouble[] = []
  const groupPrefix = `test-${randomUUID()}-`
  const log = createKafkaLog({
    config: kafkaConfig.parse({
      brokers: [broker],
      groupPrefix,
      sessionTimeoutSeconds: 6,
      ...settings,
    }),
    clock: Date.now,
    observer: { trouble: (what) => troubles.push(what), client: () => undefined },
  })
  return {
    log,
    admin,
    troubles,
    async committed(group, topic) {
      const [of] = await admin.fetchOffsets({ groupId: groupPrefix + group, topics: [topic] })
      return Object.fromEntries((of?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
    },
    async trim(topic, before) {
      await admin.fetchTopicOffsets(topic) // or kafkajs would not know the leader
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(before) }] })
    },
    async dispose() {
      await log.close()
      if (topics.length > 0) await admin.deleteTopics({ topics: topics.map(({ name }) => name) }).catch(() => undefined)
      await admin.disconnect()
    },
  }
}

async function untilKnown(admin: Admin, topic: string): Promise<void> {
  while (!(await admin.listTopics()).includes(topic)) await sleep(50)
}
