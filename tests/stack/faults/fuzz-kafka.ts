import { embeddedTopics } from '#contracts/topics.ts'
import { startKafka } from '../servers/kafka.ts'
import type { StackServer } from '../servers/server.ts'
import { makeTopics } from './install.ts'

/** A broker of its own with the topics of an install on it. */
export async function startKafkaForFuzz(folder: string): Promise<StackServer> {
  const kafka = await startKafka({ folder })
  await makeTopics(kafka.address, Object.fromEntries(embeddedTopics.map(({ name, partitions }) => [name, partitions])))
  return kafka
}
