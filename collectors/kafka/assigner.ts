import kafkajs, { type Cluster, type PartitionAssigner } from 'kafkajs'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
const version = 0

/**
 * Partition p of every topic goes to member p mod n of those who read it: even, and equal numbers of two topics meet in one
 * hand, as on the embedded log. `onCluster` is told of the connection that the consumer works on.
 */
export const assignerByNumber =
  (onCluster: (cluster: Cluster) => void): PartitionAssigner =>
  ({ cluster }) => {
    onCluster(cluster)
    return {
      name: 'callscope-by-number',
      version,
      async assign({ members, topics }) {
        const subscribed = members
          .map(({ memberId, memberMetadata }) => ({
            memberId,
            topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
          }))
          .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
        return subscribed.map(({ memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version,
            assignment: shareOf(memberId),
            userData: Buffer.alloc(0),
          }),
        }))

        function shareOf(memberId: string): Record<string, number[]> {
          const share: Record<string, number[]> = {}
          for (const topic of topics) {
            const readers = subscribed
              .filter((member) => member.topics.includes(topic))
              .map((member) => member.memberId)
            const place = readers.indexOf(memberId)
            const numbers = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
            share[topic] = numbers.filter((number) => number % readers.length === place)
          }
          return share
        }
      },
      protocol: ({ topics }) => ({
        name: 'callscope-by-number',
        metadata: MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
      }),
    }
  }
