import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { openTopicsAdmin } from '#collectors/kafka/topics.ts'
import { type WantedTopic, wantedTopics } from '#collectors/kafka/wanted-topics.ts'
import { broker, openLog } from './kafka-for-tests.ts'

const dayMs = 86_400_000
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open() {
  const { admin, dispose } = await openLog([])
  undo.push(dispose)
  const config = kafkaConfig.parse({ brokers: [broker], replication: 1, partitions: 3 })
  const topics = openTopicsAdmin(config, { trouble: () => {}, client: () => {} })
  undo.push(() => topics.close())
  const prefix = `topics-${randomUUID()}-`
  const wanted: WantedTopic[] = wantedTopics(config, 30 * dayMs)
    .filter(({ name }) => ['call-events', 'call-changes', 'dead-letter'].includes(name))
    .map((topic) => ({ ...topic, name: prefix + topic.name }))
  undo.push(() => admin.deleteTopics({ topics: wanted.map(({ name }) => name) }).catch(() => undefined))
  return { admin, topics, wanted, named: (name: string) => prefix + name }
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

test('offsets of every group may be read where nothing is forbidden', async () => {
  const { topics } = await open()
  expect(await topics.refusedGroups(['calls', 'summaries'])).toEqual([])
})
