import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Cluster } from 'kafkajs'

/** What kafkajs' brokers can and its types leave out. */
export interface AskedBroker extends Broker {
  findGroupCoordinator(asked: {
    groupId: string
    coordinatorType: number
  }): Promise<{ coordinator: { nodeId: number } }>
  heartbeat(asked: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>
  initProducerId(asked: { transactionalId: string | null; transactionTimeout: number }): Promise<ProducerIdentity>
  addOffsetsToTxn(asked: Transaction & { groupId: string }): Promise<unknown>
  endTxn(asked: Transaction & { transactionResult: boolean }): Promise<unknown>
}

export interface ProducerIdentity {
  readonly producerId: string
  readonly producerEpoch: number
}

export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string
}

const kinds = { group: 0, transaction: 1 } as const

// Five seconds: the first transaction, or group, of a cluster makes the topic in which they are kept.
const patience = 25
const againAfterMs = 200
const passing: readonly unknown[] = [
  'CONCURRENT_TRANSACTIONS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]

/** The broker's own word for what was wrong. */
export const typeOf = (error: unknown): unknown => (error as { readonly type?: unknown }).type

/** Numbers of all brokers of the cluster. kafkajs' own list holds them as text, whatever its types say. */
export const nodeIdsOf = (cluster: Cluster): readonly number[] => cluster.getNodeIds().map(Number)

export const brokerOf = async (cluster: Cluster, nodeId: number | undefined): Promise<AskedBroker> =>
  (await cluster.findBroker({ nodeId: String(nodeId) })) as AskedBroker

/** The broker in whose care a group or a transaction is. kafkajs' own way to it keeps back that one may not ask. */
export async function coordinatorOf(cluster: Cluster, kind: keyof typeof kinds, name: string): Promise<number> {
  const connected = (await cluster.findControllerBroker()) as AskedBroker
  const asked = { groupId: name, coordinatorType: kinds[kind] }
  const { coordinator } = await patiently(() => connected.findGroupCoordinator(asked))
  return coordinator.nodeId
}

/** Asks again while the answer is "not yet". */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (tries >= patience || !passing.includes(typeOf(error))) throw error
      await sleep(againAfterMs)
    }
  }
}
