import { createRequire } from 'node:module'
import type { Batch, Cluster, KafkaMessage } from 'kafkajs'

/*
 * What kafkajs keeps to itself and this adapter cannot do without. Whoever reaches behind its public face does so through
 * this file: kafkajs 2.2.4 is its last release and pinned exactly, and what is touched is checked when it is loaded.
 */

/** A member of a group as kafkajs knows it. */
export interface GroupInside {
  /** The broker's number of the group's present round; commits that carry a passed one are refused by the broker. */
  readonly generationId: number | null
  readonly memberId: string | null
  /** Wall-clock time of the last heartbeat, epoch milliseconds: the next is due a heartbeat's interval after it. */
  lastRequest: number
  /** A seek is asked for and no fetch has begun since. */
  hasSeekOffset(place: { topic: string; partition: number }): boolean
}

/** A batch as kafkajs hands it out, with the offset its fetch asked for. */
export type FetchedBatch = Batch & { readonly fetchedOffset: string; isEmptyIncludingFiltered(): boolean }

type BatchMaker = new (topic: string, fetchedOffset: string, partitionData: unknown) => FetchedBatch

const load = createRequire(import.meta.url)
const groups = new WeakMap<Cluster, GroupInside>()

/** The group member that runs on this cluster connection. Undefined until its consumer runs. */
export const groupOn = (cluster: Cluster): GroupInside | undefined => groups.get(cluster)

/** Makes a batch of one partition of a fetch answer: without control records and aborted transactions. */
export const batchOf = (topic: string, fetchedOffset: string, partitionData: unknown): FetchedBatch =>
  new KafkaBatch(topic, fetchedOffset, partitionData)

/** A message whose time its producer gave (CreateTime), by the attributes of the record batch that it came in. */
export const isProducersTime = (message: KafkaMessage): boolean =>
  (message as { readonly batchContext?: { readonly timestampType?: number } }).batchContext?.timestampType ===
  createTime

const createTime = insideKafkajs<{ readonly CREATE_TIME: number }>('protocol/timestampTypes.js').CREATE_TIME

const KafkaBatch = insideKafkajs<BatchMaker>('consumer/batch.js')

rememberGroups()
commitNothingUnasked()
leaveIdleQueuesAlone()

/** kafkajs tells nobody its generation, and without it a commit cannot be made such that the broker checks it. */
function rememberGroups(): void {
  const { prototype } = insideKafkajs<{ prototype: Patched }>('consumer/consumerGroup.js')
  const connect = methodOf(prototype, 'connect')
  prototype.connect = function (this: GroupInside & { cluster: Cluster }, ...given: unknown[]) {
    groups.set(this.cluster, this)
    return connect.apply(this, given)
  }
}

/**
 * Where retention has overtaken a reader, kafkajs commits "the beginning" (-2) over what the group had committed. Here it
 * crashes instead; its supervisor joins anew and looks where to begin.
 */
function commitNothingUnasked(): void {
  const { prototype } = insideKafkajs<{ prototype: Patched }>('consumer/consumerGroup.js')
  methodOf(prototype, 'recoverFromOffsetOutOfRange')
  prototype.recoverFromOffsetOutOfRange = async (outOfRange: Error) => {
    throw outOfRange
  }
}

/**
 * After every answer kafkajs sets a timer for requests that wait for a throttle to pass; with none waiting its delay is
 * minus the present time, of which Node >= 24 warns. Such a timer has nothing to do: what comes later sets its own.
 */
function leaveIdleQueuesAlone(): void {
  const { prototype } = insideKafkajs<{ prototype: Patched }>('network/requestQueue/index.js')
  const schedule = methodOf(prototype, 'scheduleCheckPendingRequests')
  prototype.scheduleCheckPendingRequests = function (this: { pending: readonly unknown[] }) {
    if (this.pending.length > 0) schedule.apply(this)
  }
}

type Patched = Record<string, unknown>

/** A file of kafkajs’ sources. Throws when that is another version. */
export function insideKafkajs<Part>(path: string): Part {
  try {
    return load(`kafkajs/src/${path}`) as Part
  } catch {
    throw unlike(path)
  }
}

function methodOf(prototype: Patched, name: string): (...given: unknown[]) => unknown {
  const method = prototype[name]
  if (typeof method !== 'function') throw unlike(name)
  return method as (...given: unknown[]) => unknown
}

const unlike = (what: string) =>
  new Error(`kafkajs is not the 2.2.4 this adapter was written against ('${what}' is missing): install that version.`)
