import type { Cluster } from 'kafkajs'
import type { TopicPartition } from '#contracts/event-log.ts'
import type { ClusterQuestions } from './cluster.ts'
import { brokerOf } from './coordinators.ts'
import { mayAppend } from './raw-requests.ts'
import { troubleOf } from './trouble.ts'

/** Operations of Kafka's ACLs, by the names that its tools take. */
export type Operation = 'Read' | 'Write' | 'Describe' | 'DescribeConfigs'

/** Which of Read and Write this user is refused on the topic of a partition. Reads at most one batch, writes nothing. */
export async function refusedOperations(
  { cluster, questions }: { readonly cluster: Cluster; readonly questions: ClusterQuestions },
  place: TopicPartition,
): Promise<readonly Operation[]> {
  const read = await unlessRefused(questions.fetch({ ...place, offset: 0 }, 1))
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(place.topic, [place.partition]))
  const mayWrite = await mayAppend(await brokerOf(cluster, Number(nodeId)), place)
  return [...(read === undefined ? (['Read'] as const) : []), ...(mayWrite ? [] : (['Write'] as const))]
}

/** Undefined: the brokers do not allow it. */
export async function unlessRefused<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked
  } catch (error) {
    if (troubleOf(error) === 'not_allowed') return undefined
    throw error
  }
}
