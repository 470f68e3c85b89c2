import type { ClusterQuestions } from './cluster.ts'
import type { KafkaConfig } from './config.ts'

/** Several installs may share a cluster: what we call a topic has a prefix there. */
export interface TopicNames {
  onCluster(ours: string): string
  ours(onCluster: string): string
}

export const topicNamesOf = ({ topicPrefix }: Pick<KafkaConfig, 'topicPrefix'>): TopicNames => ({
  onCluster: (ours) => topicPrefix + ours,
  ours: (onCluster) => onCluster.slice(topicPrefix.length),
})

/** A group as the brokers know it. The prefix of the topics is before it, so that installs never share one. */
export const groupOnCluster = (
  { topicPrefix, groupPrefix }: Pick<KafkaConfig, 'topicPrefix' | 'groupPrefix'>,
  group: string,
): string => topicPrefix + groupPrefix + group

/** The same questions and answers by our names. */
export function inOurNames(cluster: ClusterQuestions, { onCluster, ours }: TopicNames): ClusterQuestions {
  const outward = <Place extends { readonly topic: string }>(place: Place): Place => ({
    ...place,
    topic: onCluster(place.topic),
  })
  const inward = <Place extends { readonly topic: string }>(place: Place): Place => ({
    ...place,
    topic: ours(place.topic),
  })
  return {
    partitions: (topic) => cluster.partitions(onCluster(topic)),
    forget: (topic) => cluster.forget(onCluster(topic)),
    extents: async (topics) => (await cluster.extents(topics.map(onCluster))).map(inward),
    committed: async (groupId, places) => (await cluster.committed(groupId, places.map(outward))).map(inward),
    commit: (member, offsets) => cluster.commit(member, offsets.map(outward)),
    fetch: (from, maxBytes) => cluster.fetch(outward(from), maxBytes),
    close: cluster.close,
  }
}
