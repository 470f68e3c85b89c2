import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import kafkajs, { type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { topicNames } from '#contracts/topics.ts'
import { callscope } from './flow/callscope.ts'
import { type FlowInstall, openFlowInstall } from './flow/install.ts'
import { ownName, plainEnvironment } from './names.ts'
import { startCollector } from './servers/collector.ts'
import { temporaryFolder } from './servers/guard.ts'
import { type ComposeKafka, startComposeKafka } from './servers/kafka.ts'
import { runCommand } from './servers/run-command.ts'
import { deployFile, repositoryFile } from './servers/server.ts'

/* The broker, its users and their ACLs as docker compose has them, and callscope as each of these users. */

const users = ['setup', 'callscope', 'producer', 'collector'] as const
type User = (typeof users)[number]
const passwords = Object.fromEntries(users.map((user) => [user, randomBytes(24).toString('hex')])) as Record<
  User,
  string
>
const mechanism = 'scram-sha-512'

let kafka: ComposeKafka
let install: FlowInstall
/** The same install, whose Kafka is asked as the user that makes topics. */
let asSetup: string

beforeAll(async () => {
  kafka = await startComposeKafka({ folder: await temporaryFolder('callscope-kafka-users-') })
  await Promise.all(users.map((user) => writeFile(join(kafka.secrets, `kafka_${user}_password`), passwords[user])))
  await makeUsers()
  install = await openFlowInstall(
    inject('stack'),
    { kafka: sectionOf('callscope'), canary: { calls: 3, withinSeconds: 90 } },
    async () => kafka,
  )
  asSetup = await install.configWith({ kafka: sectionOf('setup') })
}, 240_000)
afterAll(() => install?.close())

const makeUsers = (): Promise<string> => runCommand('sh', [deployFile('kafka/users.sh')], { env: kafka.environment })

const sectionOf = (user: User) => ({
  ...{ brokers: [kafka.address], replication: 1, partitions: 4, sessionTimeoutSeconds: 6 },
  sasl: { mechanism, username: user, password: passwords[user] },
})

const clientOf = (username: string, password: string): Kafka =>
  new kafkajs.Kafka({
    ...{ brokers: [kafka.address], sasl: { mechanism, username, password } },
    ...{ logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 } },
  })

/** What the broker answers to an append: 'taken', or why not. */
async function append(user: User, topic: string): Promise<string> {
  const producer = clientOf(user, passwords[user]).producer()
  await producer.connect()
  const answer = await producer.send({ topic, messages: [{ value: 'x' }] }).then(
    () => 'taken',
    (error: unknown) => String(error),
  )
  await producer.disconnect()
  return answer
}

/** What it answers to one who would read a topic in a group. */
async function read(user: User, topic: string, groupId: string): Promise<string> {
  const consumer = clientOf(user, passwords[user]).consumer({ groupId, retry: { retries: 0 } })
  try {
    await consumer.connect()
    await consumer.subscribe({ topic })
    const joined = new Promise<string>((resolve) => {
      consumer.on('consumer.group_join', () => resolve('joined'))
      consumer.on('consumer.crash', ({ payload }) => resolve(String(payload.error)))
    })
    await consumer.run({ eachMessage: async () => undefined })
    return await joined
  } catch (error) {
    return String(error)
  } finally {
    await consumer.disconnect()
  }
}

describe('logins', () => {
  test('from the network no login is taken without a name, with a wrong password, or as the administrator', async () => {
    const stranger = new kafkajs.Kafka({
      ...{ brokers: [kafka.address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 } },
    }).admin()
    await stranger.connect()
    await expect(stranger.listTopics()).rejects.toThrow()
    await stranger.disconnect()
    await expect(clientOf('callscope', 'not-it').admin().connect()).rejects.toThrow('authentication')
    await expect(clientOf('admin', passwords.setup).admin().connect()).rejects.toThrow('authentication')
  })

  test('users are made again at every start: one that changed its password has the new one, and none is printed', async () => {
    const before = passwords.collector
    passwords.collector = randomBytes(24).toString('hex')
    await writeFile(join(kafka.secrets, 'kafka_collector_password'), passwords.collector)
    const said = await makeUsers()
    expect(Object.values(passwords).filter((password) => said.includes(password))).toEqual([])
    await expect(clientOf('collector', before).admin().connect()).rejects.toThrow('authentication')
    const admin = clientOf('collector', passwords.collector).admin()
    await admin.connect()
    await admin.disconnect()
  })
})

describe('permissions', () => {
  test('topics are made by "setup" and by no other user', async () => {
    const refused = await install.callscope('topics', 'create')
    expect(refused.exit).not.toBe(0)
    expect(refused.err + refused.out).toMatch(/Create/)
    const made = await callscope(['topics', 'create', '--config', asSetup])
    expect([made.exit, made.err]).toEqual([0, ''])
  })

  test('each user writes to its own topics and to no other', async () => {
    const all = Object.values(topicNames)
    const inputs = all.filter((topic) => !/^(call-changes|dead-letter)/.test(topic))
    const writable: Readonly<Record<User, readonly string[]>> = {
      setup: all,
      callscope: all,
      producer: inputs,
      collector: [topicNames.appLogs, topicNames.traceSpans],
    }
    for (const user of ['producer', 'collector'] as const) {
      const answers = await Promise.all(all.map(async (topic) => [topic, await append(user, topic)] as const))
      const taken = answers.filter(([, answer]) => answer === 'taken').map(([topic]) => topic)
      expect([user, taken]).toEqual([user, writable[user]])
      const others = answers.flatMap(([, answer]) => (answer === 'taken' ? [] : [answer]))
      expect(others.filter((answer) => !/topic authorization failed/i.test(answer))).toEqual([])
    }
  })

  test('who writes does not read, and callscope reads in groups of its own alone', async () => {
    // kafkajs hides a refusal behind the search for a coordinator; that there is one is seen first.
    const refused = /group authorization failed|failed to find group coordinator/i
    // The first group of a cluster waits until the broker has made its topic of groups.
    const own = () => read('callscope', topicNames.callEvents, ownName('callscope-own'))
    await expect.poll(own, { timeout: 60_000, interval: 500 }).toBe('joined')
    expect(await read('producer', topicNames.callEvents, 'callscope-stolen')).toMatch(refused)
    expect(await read('callscope', topicNames.callEvents, 'others')).toMatch(refused)
  })

  test('none of them may delete a topic, change its settings, or grant anything', async () => {
    for (const user of users) {
      const admin = clientOf(user, passwords[user]).admin()
      await admin.connect()
      await expect(admin.deleteTopics({ topics: [topicNames.deadLetter] })).rejects.toThrow(/authoriz/i)
      const { TOPIC } = kafkajs.ConfigResourceTypes
      const configEntries = [{ name: 'retention.ms', value: '1' }]
      await expect(
        admin.alterConfigs({
          validateOnly: true,
          resources: [{ type: TOPIC, name: topicNames.deadLetter, configEntries }],
        }),
      ).rejects.toThrow(/authoriz/i)
      await expect(
        admin.createAcls({
          acl: [
            {
              ...{ resourceType: kafkajs.AclResourceTypes.TOPIC, resourceName: '*', host: '*' },
              resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
              ...{ principal: `User:${user}`, operation: kafkajs.AclOperationTypes.ALL },
              permissionType: kafkajs.AclPermissionTypes.ALLOW,
            },
          ],
        }),
      ).rejects.toThrow(/authoriz/i)
      await admin.disconnect()
    }
  })
})

test('the Collector of compose brings logs to their topic, as its user', async () => {
  const collector = await startCollector({
    folder: await temporaryFolder('callscope-kafka-users-'),
    kafka: {
      ...{ broker: kafka.address, logs: topicNames.appLogs, traces: topicNames.traceSpans },
      passwordFile: join(kafka.secrets, 'kafka_collector_password'),
    },
  })
  onTestFinished(() => collector.stop())
  const admin = clientOf('callscope', passwords.callscope).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const held = async (): Promise<number> =>
    (await admin.fetchTopicOffsets(topicNames.appLogs)).reduce((sum, { high }) => sum + Number(high), 0)
  const before = await held()
  const logRecords = [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: 'no route to carrier' } }]
  const answer = await fetch(`${collector.address}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords }] }] }),
  })
  expect(answer.status).toBe(200)
  await expect.poll(held, { timeout: 30_000, interval: 250 }).toBe(before + 1)
})

describe('callscope as the user that compose gives it', () => {
  test('doctor misses no permission, and may ask the broker’s clock', async () => {
    await install.ask('migrate')
    await install.ask('keys', 'create', '--tenant', 'acme', '--role', 'reader')
    const { out } = await install.callscope('doctor', '--json')
    const { checks } = JSON.parse(out) as { checks: { what: string; ok: boolean; found: string }[] }
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(checks.find(({ what }) => what === 'Kafka broker 1 clock')?.found).not.toMatch(/not asked/)
  })

  test('a worker judges what the canary sends: nothing is missing', async () => {
    const worker = install.startWorker()
    await worker.ready()
    const { findings } = await canaryRound()
    const records = findings.filter(({ store }) => ['raw', 'records'].includes(store))
    expect(records.map(({ store, missing, duplicate, wrong }) => [store, missing + duplicate + wrong])).toEqual([
      ['raw', 0],
      ['records', 0],
    ])
    expect(worker.complaints()).toEqual([])
  }, 240_000)
})

interface Findings {
  readonly findings: readonly { store: string; missing: number; duplicate: number; wrong: number }[]
}

function canaryRound(): Promise<Findings> {
  const args = [repositoryFile('app/callscope.ts'), 'canary', '--once', '--json', '--config', install.config]
  const options = { env: { ...plainEnvironment(), CALLSCOPE_REEXECUTED: '1' }, timeout: 200_000 }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (_, out, err) => {
      try {
        resolve(JSON.parse(out) as Findings)
      } catch {
        reject(new Error(err))
      }
    })
  })
}
