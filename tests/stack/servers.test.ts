import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { describe, expect, inject, test } from 'vitest'
import { ownDatabase, ownName } from './names.ts'

const stack = inject('stack')

describe('Kafka', () => {
  test('creates a topic, takes a message with the time of the log, and gives it back', async () => {
    const kafka = new Kafka({ brokers: [stack.kafka], logLevel: logLevel.NOTHING })
    const topic = ownName('servers')
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
    const producer = kafka.producer({ idempotent: true })
    await producer.connect()
    const sent = await producer.send({ topic, messages: [{ key: 'a', value: 'one', timestamp: '1000' }] })
    expect(sent[0]?.errorCode).toBe(0)
    const consumer = kafka.consumer({ groupId: ownName('group') })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const message = await new Promise<{ value: string | undefined; timestamp: number }>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ message: { value, timestamp } }) =>
            resolve({ value: value?.toString(), timestamp: Number(timestamp) }),
        })
        .catch(reject)
    })
    expect(message.value).toBe('one')
    expect(message.timestamp).toBeGreaterThan(Date.now() - 60_000)
    await Promise.all([consumer.disconnect(), producer.disconnect()])
    await admin.deleteTopics({ topics: [topic] })
    await admin.disconnect()
  })

  test('makes no topic that nobody has asked for', async () => {
    const admin = new Kafka({ brokers: [stack.kafka], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
    await admin.connect()
    await expect(admin.fetchTopicMetadata({ topics: [ownName('misspelled')] })).rejects.toThrow('does not host')
    await admin.disconnect()
  })
})

describe('PostgreSQL', () => {
  test('gives a test a database of its own', async () => {
    const { url, drop } = await ownDatabase(stack.postgres)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ major: string }>('SELECT current_setting($1) AS major', ['server_version'])
    expect(Number.parseInt(rows[0]?.major ?? '', 10)).toBeGreaterThanOrEqual(15)
    await client.end()
    await drop()
  })
})

describe('Loki', () => {
  test('takes a line and gives it back, ids in structured metadata', async () => {
    const headers = { 'content-type': 'application/json', 'x-scope-orgid': ownName('tenant') }
    const at = `${Date.now()}000000`
    const push = await fetch(`${stack.loki}/loki/api/v1/push`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        streams: [{ stream: { service: 'sbc' }, values: [[at, 'no route', { correlation_id: 'call-1' }]] }],
      }),
    })
    expect(push.status).toBe(204)
    const query = new URLSearchParams({ query: '{service="sbc"} | correlation_id="call-1"', limit: '10' })
    const answer = await fetch(`${stack.loki}/loki/api/v1/query_range?${query}`, { headers })
    const { data } = (await answer.json()) as { data: { result: { stream: unknown; values: string[][] }[] } }
    expect(data.result).toEqual([{ stream: { service: 'sbc', correlation_id: 'call-1' }, values: [[at, 'no route']] }])
  })

  test('refuses who does not say whose lines they are', async () => {
    const answer = await fetch(`${stack.loki}/loki/api/v1/labels`)
    expect(answer.status).toBe(401)
  })
})
