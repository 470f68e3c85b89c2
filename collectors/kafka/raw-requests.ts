import type { Broker } from 'kafkajs'
import type { TopicPartition } from '#contracts/event-log.ts'
import { insideKafkajs } from './kafkajs-inside.ts'

/* Requests of Kafka's protocol that kafkajs does not make, or not in this way: to learn what a user may do, without doing it. */

interface Encoder {
  writeInt8(value: number): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeString(value: string | null): Encoder
  writeUVarInt(value: number): Encoder
  writeUVarIntString(value: string): Encoder
}

interface Decoder {
  readInt16(): number
  readInt32(): number
  readInt64(): bigint | { toString(): string }
  readUVarInt(): number
  readUVarIntString(): string
  readTaggedFields(): unknown
}

interface ProduceAnswer {
  readonly topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[]
}

interface Answer<Decoded> {
  decode(payload: Buffer): Promise<Decoded>
  parse(decoded: Decoded): Promise<Decoded>
}

interface Connections {
  send<Decoded>(asked: {
    readonly request: {
      readonly apiKey: number
      readonly apiVersion: number
      readonly apiName: string
      readonly encode: () => Promise<Encoder>
    }
    readonly response: Answer<Decoded>
  }): Promise<Decoded>
}

const KafkaEncoder = insideKafkajs<new () => Encoder>('protocol/encoder.js')
const KafkaDecoder = insideKafkajs<new (payload: Buffer) => Decoder>('protocol/decoder.js')
const produceAnswer = insideKafkajs<Answer<ProduceAnswer>>('protocol/requests/produce/v7/response.js')

const connectionsOf = (broker: Broker): Connections =>
  (broker as Broker & { readonly connectionPool: Connections }).connectionPool

const topicAuthorizationFailed = 29

/**
 * Whether this user may append to a partition whose leader this broker is. An append of nothing: the broker looks at the
 * permission first, and then refuses what holds no record. Nothing is written.
 */
export async function mayAppend(broker: Broker, { topic, partition }: TopicPartition): Promise<boolean> {
  const request = {
    ...{ apiKey: 0, apiVersion: 7, apiName: 'Produce' },
    encode: async () =>
      new KafkaEncoder()
        .writeString(null) // no transaction
        .writeInt16(-1)
        .writeInt32(10_000)
        .writeInt32(1) // topics
        .writeString(topic)
        .writeInt32(1) // partitions
        .writeInt32(partition)
        .writeInt32(0), // bytes of records
  }
  const response = { decode: produceAnswer.decode, parse: async (decoded: ProduceAnswer) => decoded }
  const { topics } = await connectionsOf(broker).send({ request, response })
  return topics.every(({ partitions }) => partitions.every(({ errorCode }) => errorCode !== topicAuthorizationFailed))
}

/** API key of DescribeTransactions, of Kafka 3.0. */
export const describeTransactions = 65

/** When the transaction that is open under an id began, by the clock of its coordinator; undefined: none is open, or not said. */
export async function transactionBeganMs(coordinator: Broker, transactionalId: string): Promise<number | undefined> {
  const request = {
    ...{ apiKey: describeTransactions, apiVersion: 0, apiName: 'DescribeTransactions' },
    encode: async () =>
      new KafkaEncoder()
        .writeInt8(0) // the header's tags: kafkajs knows only headers that have none
        .writeUVarInt(2) // ids and one
        .writeUVarIntString(transactionalId)
        .writeInt8(0),
  }
  const response: Answer<number> = {
    async decode(payload) {
      const decoder = new KafkaDecoder(payload)
      decoder.readTaggedFields()
      decoder.readInt32() // throttle time
      const count = decoder.readUVarInt() - 1
      if (count < 1 || decoder.readInt16() !== 0) return -1
      decoder.readUVarIntString() // its id
      decoder.readUVarIntString() // its state
      decoder.readInt32() // its time-out
      return Number(decoder.readInt64().toString())
    },
    parse: async (decoded) => decoded,
  }
  const beganMs = await connectionsOf(coordinator).send({ request, response })
  return beganMs > 0 ? beganMs : undefined
}
