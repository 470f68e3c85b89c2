import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { ownName } from './names.ts'
import { temporaryFolder } from './servers/guard.ts'
import { startKafka } from './servers/kafka.ts'
import { startLoki } from './servers/loki.ts'

// Tests of faults take servers away and bring them back: here it is seen that the same ones come back.

test('a broker that is killed comes back at its address, with what it had acknowledged', async () => {
  const server = await startKafka({ folder: await temporaryFolder('callscope-restart-') })
  onTestFinished(() => server.stop())
  const kafka = new Kafka({ brokers: [server.address], logLevel: logLevel.NOTHING })
  const [topic, admin, producer] = [ownName('kept'), kafka.admin(), kafka.producer({ idempotent: true })]
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: [{ value: 'one' }, { value: 'two' }] })
  await server.kill()
  await server.start()
  const offsets = async (): Promise<string | undefined> =>
    (await admin.fetchTopicOffsets(topic).catch(() => []))[0]?.high
  await expect.poll(offsets, { timeout: 60_000 }).toBe('2')
  await Promise.all([admin.disconnect(), producer.disconnect()])
})

test('a Loki that is killed comes back with the lines it had taken; a frozen one answers nobody until it is thawed', async () => {
  const server = await startLoki({ folder: await temporaryFolder('callscope-restart-') })
  onTestFinished(() => server.stop())
  const headers = { 'content-type': 'application/json', 'x-scope-orgid': 'restart' }
  const pushed = await fetch(`${server.address}/loki/api/v1/push`, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({ streams: [{ stream: { a: 'b' }, values: [[`${Date.now()}000000`, 'kept']] }] }),
  })
  expect(pushed.status).toBe(204)
  await server.kill()
  await server.start()
  const lines = async (): Promise<string> =>
    (await fetch(`${server.address}/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D`, { headers })).text()
  await expect.poll(lines, { timeout: 30_000 }).toContain('kept')
  const asked = (): Promise<string> =>
    fetch(`${server.address}/ready`, { signal: AbortSignal.timeout(500) }).then(
      () => 'answers',
      () => 'silent',
    )
  server.freeze()
  await expect.poll(asked, { timeout: 10_000 }).toBe('silent')
  server.thaw()
  await expect.poll(asked, { timeout: 10_000 }).toBe('answers')
})
