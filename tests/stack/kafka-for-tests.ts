import { randomUUID } from 'node:crypto'
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
  dispose(): Promise<void>
}

const appendTime = { name: 'message.timestamp.type', value: 'LogAppendTime' }

/** A log whose groups are its own, with these topics made on the broker. */
export async function openLog(
  topics: readonly TopicDefinition[],
  settings: Record<string, unknown> = {},
): Promise<LogForTests> {
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({
    topics: topics.map(({ name, partitions }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: 1,
      configEntries: [appendTime],
    })),
  })
  const troubles: KafkaTrouble[] = []
  const log = createKafkaLog({
    config: kafkaConfig.parse({
      brokers: [broker],
      groupPrefix: `test-${randomUUID()}-`,
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
    async dispose() {
      await log.close()
      await admin.deleteTopics({ topics: topics.map(({ name }) => name) }).catch(() => undefined)
      await admin.disconnect()
    },
  }
}
