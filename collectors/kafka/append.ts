import type { NewRecord } from '#contracts/event-log.ts'
import { partitionOf } from '#contracts/sharding.ts'
import type { ClusterQuestions } from './cluster.ts'
import type { PlacedRecord, Sending } from './sending.ts'
import type { TopicNames } from './topic-names.ts'
import { KafkaError, willPass } from './trouble.ts'

/** What one `append` call waits for. */
interface Call {
  /** Records of it that are not yet acknowledged. */
  left: number
  done(): void
  failed(error: Error): void
}

interface Queued {
  readonly record: PlacedRecord
  readonly bytes: number
  readonly call: Call
}

export interface Appender {
  append(records: readonly NewRecord[]): Promise<void>
  close(): Promise<void>
}

// Brokers refuse batches of more than 1 MiB unless told otherwise (message.max.bytes).
const sendBytes = 900_000
// kafkajs sorts messages to partitions in time that grows with the square of their number.
const sendRecords = 2_000
const waitingBytes = 64 * 1024 * 1024

/**
 * Gathers what is appended while a request is under way into the next one. What waits is bounded; more is refused with an
 * error, so that edges can answer "later" instead of taking what they cannot keep.
 */
export function createAppender(cluster: ClusterQuestions, sending: Sending, names: TopicNames): Appender {
  const queue: Queued[] = []
  const placeAll = createPlacing(cluster, names)
  let queuedBytes = 0
  let running: Promise<void> | undefined
  let closed = false

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const sent = queue.splice(0, fitting(queue))
      const error = await trySend(sent)
      if (error === undefined) settle(sent, undefined)
      else if (willPass(error.trouble)) settle([...sent, ...queue.splice(0)], error)
      else for (const ofOne of byCall(sent)) settle(ofOne, await trySend(ofOne))
    }
    running = undefined
  }

  async function trySend(sent: readonly Queued[]): Promise<KafkaError | undefined> {
    const error = await errorOf(() => sending.send(sent.map(({ record }) => record)))
    if (error !== undefined) for (const { record } of sent) cluster.forget(record.topic)
    return error
  }

  function settle(sent: readonly Queued[], error: KafkaError | undefined): void {
    for (const { bytes, call } of sent) {
      queuedBytes -= bytes
      call.left -= 1
      if (error !== undefined) call.failed(error)
      else if (call.left === 0) call.done()
    }
  }

  return {
    async append(records) {
      if (closed) throw new Error('The event log is closed.')
      if (records.length === 0) return
      // All are placed before any is sent: of a call that names a missing topic nothing is kept.
      const placed = await placeAll(records)
      const bytes = placed.map(sizeOf)
      const sum = bytes.reduce((total, one) => total + one, 0)
      if (queuedBytes > 0 && queuedBytes + sum > waitingBytes) {
        throw new Error(
          'append: the brokers take records more slowly than they come, and enough wait already. Try again later.',
        )
      }
      queuedBytes += sum
      await new Promise<void>((done, failed) => {
        const call = { left: placed.length, done, failed }
        for (const [at, record] of placed.entries()) queue.push({ record, bytes: bytes[at] ?? 0, call })
        running ??= run()
      })
    },
    async close() {
      closed = true
      await running
      await sending.close()
    },
  }
}

async function errorOf(send: () => Promise<void>): Promise<KafkaError | undefined> {
  try {
    await send()
    return undefined
  } catch (error) {
    return new KafkaError('append', error)
  }
}

/** Says of every record which partition it goes to. Rejects where a topic or a partition is missing. */
function createPlacing(cluster: ClusterQuestions, names: TopicNames) {
  const turns = new Map<string, number>()

  async function partitionsOf(topics: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly number[]>> {
    const found = new Map<string, readonly number[]>()
    for (const topic of topics) {
      const partitions = await cluster.partitions(topic)
      if (partitions === undefined)
        throw new Error(`Topic '${names.onCluster(topic)}' does not exist: run "callscope topics create".`)
      found.set(topic, partitions)
    }
    return found
  }

  function nextInTurn(topic: string, count: number): number {
    const turn = turns.get(topic) ?? 0
    turns.set(topic, turn + 1)
    return turn % count
  }

  function place(record: NewRecord, partitions: readonly number[]): PlacedRecord {
    const { topic, key } = record
    const count = partitions.length
    const partition = record.partition ?? (key === null ? nextInTurn(topic, count) : partitionOf(key, count))
    if (partitions.includes(partition)) return { ...record, partition }
    throw new Error(`Topic '${topic}' has no partition ${partition}, only ${count} partitions.`)
  }

  return async function placeAll(records: readonly NewRecord[]): Promise<readonly PlacedRecord[]> {
    const partitions = await partitionsOf(new Set(records.map(({ topic }) => topic)))
    return records.map((record) => place(record, partitions.get(record.topic) ?? []))
  }
}

/** How many from the front go into one request: at least one, however large. */
function fitting(queue: readonly Queued[]): number {
  let bytes = 0
  let count = 0
  for (const queued of queue) {
    bytes += queued.bytes
    if (count > 0 && (bytes > sendBytes || count === sendRecords)) break
    count += 1
  }
  return count
}

/** One record that the brokers refuse must not fail what others append. */
function byCall(sent: readonly Queued[]): Iterable<Queued[]> {
  return Map.groupBy(sent, ({ call }) => call).values()
}

const recordOverheadBytes = 32

function sizeOf({ key, value, headers }: NewRecord): number {
  let bytes = recordOverheadBytes + (key === null ? 0 : Buffer.byteLength(key))
  bytes += typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '')
  return bytes
}
