import type { Cluster } from 'kafkajs'
import { askClocks, type BrokerClock } from './broker-clocks.ts'
import { clusterOf, createClients } from './client.ts'
import type { KafkaConfig } from './config.ts'
import { brokerOf, coordinatorOf, nodeIdsOf, patiently, typeOf } from './coordinators.ts'
import { type Generation, generationOf } from './generation.ts'
import { groupOnCluster } from './topic-names.ts'
import { KafkaError, type KafkaObserver, troubleOf } from './trouble.ts'

export interface BrokerSeen {
  readonly nodeId: number
  /** Undefined: the cluster names this broker, and it does not answer at the address it advertises. */
  readonly generation: Generation | undefined
}

/** Questions of an operator to a cluster, of which none leaves a message behind. All reject when no broker can be asked. */
export interface Examination {
  /** Every broker that belongs to the cluster. */
  brokers(): Promise<readonly BrokerSeen[]>
  clocks(): Promise<readonly BrokerClock[]>
  /** Groups (as for `join`) that this user may not join. */
  refusedGroups(groups: readonly string[]): Promise<readonly string[]>
  /** Whether this user may write such that a repeated append counts once. */
  mayWriteOnce(): Promise<boolean>
  close(): Promise<void>
}

/** What brokers say to a heartbeat of nobody, once they have found that its sender may read the group. */
const allowedButUnknown: readonly unknown[] = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']

export function examineCluster(config: KafkaConfig, observer: KafkaObserver, clock: () => number): Examination {
  const cluster = clusterOf(createClients(config, observer)())

  async function ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
    try {
      await cluster.connect()
      await cluster.refreshMetadataIfNecessary()
      return await question()
    } catch (error) {
      throw new KafkaError(what, error)
    }
  }

  return {
    brokers: () => ask('brokers', () => Promise.all(nodeIdsOf(cluster).map((nodeId) => see(cluster, nodeId)))),
    clocks: () =>
      ask('clocks', () =>
        askClocks({
          ...{ cluster, clock, group: groupOnCluster(config, 'calls') },
          transactionPrefix: groupOnCluster(config, ''),
        }),
      ),
    refusedGroups: (groups) =>
      ask('groups', async () => {
        const refused: string[] = []
        for (const group of groups) if (!(await mayJoin(cluster, groupOnCluster(config, group)))) refused.push(group)
        return refused
      }),
    mayWriteOnce: () =>
      ask('idempotent writes', async () => {
        const broker = await brokerOf(cluster, nodeIdsOf(cluster)[0])
        return allowed(patiently(() => broker.initProducerId({ transactionalId: null, transactionTimeout: 10_000 })))
      }),
    close: async () => {
      await cluster.disconnect().catch(() => undefined)
    },
  }
}

async function see(cluster: Cluster, nodeId: number): Promise<BrokerSeen> {
  try {
    const broker = await brokerOf(cluster, nodeId)
    return { nodeId, generation: generationOf(await broker.apiVersions()) }
  } catch (error) {
    if (troubleOf(error) !== 'broker_unreachable') throw error
    return { nodeId, generation: undefined }
  }
}

/** By a heartbeat of a member that there is not: joining would make the group's members stop and begin anew. */
async function mayJoin(cluster: Cluster, groupId: string): Promise<boolean> {
  return allowed(
    (async () => {
      const coordinator = await brokerOf(cluster, await coordinatorOf(cluster, 'group', groupId))
      try {
        await patiently(() => coordinator.heartbeat({ groupId, groupGenerationId: 0, memberId: 'doctor' }))
      } catch (error) {
        if (!allowedButUnknown.includes(typeOf(error))) throw error
      }
    })(),
  )
}

async function allowed(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked
    return true
  } catch (error) {
    if (troubleOf(error) !== 'not_allowed') throw error
    return false
  }
}
