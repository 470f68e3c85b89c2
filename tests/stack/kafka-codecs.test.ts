import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { afterEach, expect, test } from 'vitest'
import { createClients } from '#collectors/kafka/client.ts'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { partitionOf } from '#contracts/sharding.ts'
import { limits, take, textOf } from '#tests/promises/members.ts'
import { broker, openLog } from './kafka-for-tests.ts'
import { installKafka } from './servers/kafka.ts'
import { runCommand } from './servers/run-command.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open() {
  const topic = `codecs-${randomUUID()}`
  const { log, dispose } = await openLog([{ name: topic, partitions: 3, retentionMs: 86_400_000 }])
  undo.push(dispose)
  const member = await log.join({ group: 'g', topics: [topic] })
  undo.push(() => member.leave())
  return { log, topic, member }
}

const writer = join(import.meta.dirname, 'servers', 'KafkaWriter.java')

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'what Kafka’s own client writes with %s is read, and keyed alike',
  async (codec) => {
    const { topic, member } = await open()
    await runCommand('java', ['-cp', `${await installKafka()}/lib/*`, writer, broker, topic, codec, '2000'])
    const records = await take(member, 2_000, { ...limits, maxBytes: 100_000_000 })
    expect(records.length).toBe(2_000)
    const byKey = new Map(records.map((record) => [record.key, record]))
    for (let at = 0; at < 2_000; at += 1) {
      const record = byKey.get(String(at))
      if (record === undefined) throw new Error(`Record ${at} is missing.`)
      expect(textOf(record)).toBe(`${codec} grüße ${at} `.repeat(20))
      expect(record.headers).toEqual({ codec })
      expect(record.partition).toBe(partitionOf(String(at), 3))
    }
  },
)

test('what is written with a codec of ours is read by it', async () => {
  const { topic, member } = await open()
  const { CompressionTypes } = kafkajs
  const client = createClients(kafkaConfig.parse({ brokers: [broker] }), { trouble: () => {}, client: () => {} })()
  const producer = client.producer()
  undo.push(() => producer.disconnect())
  await producer.connect()
  const sent = [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD]
  for (const compression of sent)
    await producer.send({ topic, compression, messages: [{ value: `with ${compression}` }] })
  expect((await take(member, 4)).map(textOf).sort()).toEqual(sent.map((compression) => `with ${compression}`))
})
