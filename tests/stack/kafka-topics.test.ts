import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { openTopicsAdmin } from '#collectors/kafka/topics.ts'
import { type WantedTopic, wantedTopics } from '#collectors/kafka/wanted-topics.ts'
import { broker, openLog } from './kafka-for-tests.ts'

const dayMs = 86_400_000
const limits = { maxRecords: 100, maxBytes: 1_000_000, waitMs: 200 }
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open() {
  const { admin, dispose } = await openLog([])
  undo.push(dispose)
  const prefix = `topics-${randomUUID()}-`
  const config = kafkaConfig.parse({ brokers: [broker], replication: 1, partitions: 3, topicPrefix: prefix })
  const topics = openTopicsAdmin(config, { trouble: () => {}, client: () => {} })
  undo.push(() => topics.close())
  const wanted: readonly WantedTopic[] = wantedTopics(config, 30 * dayMs).filter(({ name }) =>
    ['call-events', 'call-changes', 'dead-letter'].map((ours) => prefix + ours).includes(name),
  )
  undo.push(() => admin.deleteTopics({ topics: wanted.map(({ name }) => name) }).catch(() => undefined))
  return { admin, topics, wanted, prefix, named: (name: string) => prefix + name }
}

test('topics are made once as the promises need them, and then there is nothing to report', async () => {
  const { topics, wanted, named } = await open()
  expect((await topics.check(wanted)).map(({ fault }) => fault)).toEqual(['missing', 'missing', 'missing'])
  const first = await topics.create(wanted)
  expect(first).toEqual({ created: wanted.map(({ name }) => name), findings: [] })
  expect(await topics.create(wanted)).toEqual({ created: [], findings: [] })
  expect(wanted.find(({ name }) => name === named('call-changes'))?.partitions).toBe(64)
})

test('a topic that is there is left as it is, and told apart from what it should be', async () => {
  const { admin, topics, wanted, named } = await open()
  await admin.createTopics({
    waitForLeaders: false,
    topics: [
      {
        topic: named('call-changes'),
        numPartitions: 8,
        configEntries: [
          { name: 'retention.ms', value: String(dayMs) },
          { name: 'cleanup.policy', value: 'compact' },
          // What a broker makes where nobody has said otherwise; deploy/kafka/server.properties says otherwise.
          { name: 'message.timestamp.type', value: 'CreateTime' },
          { name: 'max.message.bytes', value: '1048588' },
        ],
      },
    ],
  })
  const { created, findings } = await topics.create(wanted)
  expect(created).toEqual([named('call-events'), named('dead-letter')])
  expect(findings.map(({ topic, fault, isWrong }) => [topic, fault, isWrong])).toEqual([
    [named('call-changes'), 'partitions', true],
    [named('call-changes'), 'timestamps', true],
    [named('call-changes'), 'compacted', true],
    [named('call-changes'), 'retention', true],
    [named('call-changes'), 'message_size', false],
  ])
  expect((await admin.fetchTopicMetadata({ topics: [named('call-changes')] })).topics[0]?.partitions.length).toBe(8)
})

test('more replicas than brokers are refused with the setting to change', async () => {
  const { wanted } = await open()
  const config = kafkaConfig.parse({ brokers: [broker], replication: 3 })
  const topics = openTopicsAdmin(config, { trouble: () => {}, client: () => {} })
  undo.push(() => topics.close())
  await expect(topics.create(wanted)).rejects.toThrow('kafka.replication')
})

test('two installs share a cluster by a prefix: each has topics and groups of its own, and knows them by our names', async () => {
  const { topics, wanted, prefix, named } = await open()
  const other = await openLog([{ name: 'call-events', partitions: 3, retentionMs: dayMs }], {
    topicPrefix: '',
    groupPrefix: `${prefix}callscope-`,
  })
  undo.push(other.dispose)
  const { log, admin, dispose } = await openLog([], { topicPrefix: prefix, groupPrefix: 'callscope-' })
  undo.push(dispose)
  await expect(log.append([{ topic: 'call-events', key: 'c', value: '1' }])).rejects.toThrow(named('call-events'))
  await topics.create(wanted)
  await log.append([
    { topic: 'call-events', key: 'c', value: 'ours' },
    { topic: 'call-changes', key: null, partition: 7, value: 'a change' },
  ])
  await other.log.append([{ topic: 'call-events', key: 'c', value: 'theirs' }])

  const member = await log.join({ group: 'calls', topics: ['call-events', 'call-changes'] })
  const read = new Map<string, string>()
  let polled = await member.poll(limits)
  for (; read.size < 2; polled = await member.poll(limits))
    for (const { topic, value } of polled.records) read.set(topic, String(value))
  expect(Object.fromEntries(read)).toEqual({ 'call-events': 'ours', 'call-changes': 'a change' })
  expect(new Set(polled.assignment.map(({ topic }) => topic))).toEqual(new Set(['call-events', 'call-changes']))
  await expect
    .poll(async () => {
      const { positions, generation } = await member.poll(limits)
      return member.commit(
        positions.map(({ topic, partition, next }) => ({ topic, partition, offset: next })),
        generation,
      )
    })
    .toBe('committed')

  expect((await log.lag('calls', ['call-events'])).map(({ topic, messages }) => [topic, messages])).toEqual(
    [0, 0, 0].map((none) => ['call-events', none]),
  )
  expect((await log.extent('call-changes')).find(({ partition }) => partition === 7)?.end).toBe(1)
  expect(await log.read({ topic: 'call-changes', partition: 7, offset: 0 }, 9)).toMatchObject([
    { topic: 'call-changes', value: Buffer.from('a change') },
  ])
  const onCluster = await admin.fetchOffsets({ groupId: `${prefix}callscope-calls`, topics: [named('call-events')] })
  expect(onCluster[0]?.partitions.reduce((sum, { offset }) => sum + Number(offset), 0)).toBe(1)
  await member.leave()
}, 60_000)
