import type { Cluster } from 'kafkajs'
import { brokerOf, coordinatorOf, nodeIdsOf, patiently, typeOf } from './coordinators.ts'
import { describeTransactions, transactionBeganMs } from './raw-requests.ts'

/** Why a broker's clock was not learnt; a closed set. */
export type ClockUnknown = 'not_allowed' | 'too_old' | 'no_coordinator' | 'busy'

/** `theirsMs` was read between `sentMs` and `gotMs` of our own; all are epoch milliseconds. */
export type BrokerClock = { readonly nodeId: number } & (
  | { readonly theirsMs: number; readonly sentMs: number; readonly gotMs: number }
  | { readonly unknown: ClockUnknown }
)

export interface ClockParts {
  readonly cluster: Cluster
  readonly clock: () => number
  /** A group (as the brokers know it) that this user may read. */
  readonly group: string
  /** Names of transactions begin with it. */
  readonly transactionPrefix: string
}

// Names are dealt to brokers by hash: with so many, each of a handful of brokers gets one.
const namesTried = 24
// Ended by the broker after this long, should this process die meanwhile.
const transactionTimeout = 10_000

/**
 * The clocks of all brokers, which stamp every record. No request asks for them, but a transaction tells when it began: one
 * is opened on each broker and aborted, with nothing in it. It touches no topic of ours.
 */
export async function askClocks(parts: ClockParts): Promise<readonly BrokerClock[]> {
  const { cluster } = parts
  const nodeIds = nodeIdsOf(cluster)
  const names = await namesByBroker(parts).catch(unknownOf)
  const clocks: BrokerClock[] = []
  for (const nodeId of nodeIds) {
    const name = typeof names === 'string' ? names : names.get(nodeId)
    if (typeof names === 'string') clocks.push({ nodeId, unknown: names })
    else if (name === undefined) clocks.push({ nodeId, unknown: 'no_coordinator' })
    else clocks.push(await clockOf(parts, nodeId, name).catch((error) => ({ nodeId, unknown: unknownOf(error) })))
  }
  return clocks
}

/** For each broker the name of a transaction that it coordinates. */
async function namesByBroker({ cluster, transactionPrefix }: ClockParts): Promise<ReadonlyMap<number, string>> {
  const nodeIds = nodeIdsOf(cluster)
  const names = new Map<number, string>()
  for (let at = 0; at < namesTried && names.size < nodeIds.length; at += 1) {
    const name = `${transactionPrefix}doctor-${at}`
    const nodeId = await coordinatorOf(cluster, 'transaction', name)
    if (!names.has(nodeId)) names.set(nodeId, name)
  }
  return names
}

async function clockOf(parts: ClockParts, nodeId: number, transactionalId: string): Promise<BrokerClock> {
  const { cluster, clock, group } = parts
  const broker = await brokerOf(cluster, nodeId)
  const { [describeTransactions]: known } = await broker.apiVersions()
  if (known === undefined) return { nodeId, unknown: 'too_old' }
  const { producerId, producerEpoch } = await patiently(() =>
    broker.initProducerId({ transactionalId, transactionTimeout }),
  )
  const transaction = { transactionalId, producerId, producerEpoch }
  const { sentMs, gotMs } = await patiently(async () => {
    const sentMs = clock()
    await broker.addOffsetsToTxn({ ...transaction, groupId: group })
    return { sentMs, gotMs: clock() }
  })
  try {
    const theirsMs = await transactionBeganMs(broker, transactionalId)
    return theirsMs === undefined ? { nodeId, unknown: 'not_allowed' } : { nodeId, theirsMs, sentMs, gotMs }
  } finally {
    await patiently(() => broker.endTxn({ ...transaction, transactionResult: false })).catch(() => undefined)
  }
}

function unknownOf(error: unknown): ClockUnknown {
  const type = typeOf(error)
  if (type === 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' || type === 'GROUP_AUTHORIZATION_FAILED') return 'not_allowed'
  return type === 'GROUP_COORDINATOR_NOT_AVAILABLE' ? 'no_coordinator' : 'busy'
}
