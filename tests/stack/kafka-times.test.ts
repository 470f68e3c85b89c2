import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { createClients } from '#collectors/kafka/client.ts'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { take } from '#tests/promises/members.ts'
import { broker, openLog } from './kafka-for-tests.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open() {
  const topic = `times-${randomUUID()}`
  const opened = await openLog([{ name: topic, partitions: 1, retentionMs: 86_400_000 }])
  undo.push(opened.dispose)
  const join = async () => {
    const member = await opened.log.join({ group: 'g', topics: [topic] })
    undo.push(() => member.leave())
    return member
  }
  return { ...opened, topic, join }
}

/** A client of this adapter's making: it knows the codecs. */
const bareClient = () =>
  createClients(kafkaConfig.parse({ brokers: [broker] }), { trouble: () => {}, client: () => {} })()

describe('log time', () => {
  test('is when the broker took a record, whatever its producer says', async () => {
    const { topic, join } = await open()
    const producer = bareClient().producer()
    undo.push(() => producer.disconnect())
    await producer.connect()
    const [sent] = await producer.send({
      topic,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: [
        { value: 'old', timestamp: '1000000000000' },
        { value: 'new', timestamp: '4000000000000' },
      ],
    })
    const records = await take(await join(), 2)
    expect(records.map(({ logTimeMs }) => logTimeMs)).toEqual([
      Number(sent?.logAppendTime),
      Number(sent?.logAppendTime),
    ])
  })
})

describe('a topic that keeps producers’ times', () => {
  test('is read with them, told apart from the log’s own, and noted for people', async () => {
    const { log, admin, troubles } = await open()
    const topic = `reading-theirs-${randomUUID()}`
    const configEntries = [
      { name: 'message.timestamp.type', value: 'CreateTime' },
      { name: 'message.timestamp.after.max.ms', value: '9223372036854775807' },
    ]
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
    undo.push(() => admin.deleteTopics({ topics: [topic] }))
    const producer = bareClient().producer()
    undo.push(() => producer.disconnect())
    await producer.connect()
    await producer.send({
      topic,
      messages: [
        { value: 'late', timestamp: '1000000000000' },
        { value: 'ahead', timestamp: '4000000000000' },
      ],
    })
    expect(log.notes()).toEqual([])
    const member = await log.join({ group: 'theirs', topics: [topic] })
    undo.push(() => member.leave())
    const [late, ahead] = await take(member, 2)
    expect(late).toMatchObject({ logTimeMs: 1_000_000_000_000, isProducersTime: true })
    expect(ahead?.isProducersTime).toBe(true)
    expect(ahead?.logTimeMs).toBeLessThan(Date.now() + 600_000)
    expect(troubles).toContain('producers_times')
    expect(log.notes()).toEqual([expect.stringContaining(`Topic '${topic}'`)])
    expect(await log.health()).toEqual({ ok: true })
  })
})
