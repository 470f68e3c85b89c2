import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { createKafkaLog, type KafkaLog } from '#collectors/kafka/kafka-log.ts'
import { openTopicsAdmin } from '#collectors/kafka/topics.ts'
import { settle, take, textOf } from '#tests/promises/members.ts'
import { ownName } from './names.ts'
import { temporaryFolder } from './servers/guard.ts'
import { bearerToken, kafkaUser, type SecuredKafka, startSecuredKafka } from './servers/kafka-secured.ts'

let server: SecuredKafka
beforeAll(async () => {
  server = await startSecuredKafka({ folder: await temporaryFolder('callscope-kafka-secured-') })
})
afterAll(() => server?.stop())

const said: string[] = []
const observer = {
  trouble: (what: string, of: string) => void said.push(`${what} ${of}`),
  client: (part: string, severity: string) => void said.push(`${part} ${severity}`),
}

function open(settings: Record<string, unknown>): { log: KafkaLog; make: (topic: string) => Promise<void> } {
  const config = kafkaConfig.parse({
    groupPrefix: ownName('secured'),
    sessionTimeoutSeconds: 6,
    replication: 1,
    ...settings,
  })
  const topics = openTopicsAdmin(config, observer)
  const retentionMs = 86_400_000
  const wanted = {
    partitions: 1,
    retentionMs,
    leastRetentionMs: 0,
    isCountFixed: false,
    isCompacted: false,
    maxMessageBytes: 1_000_000,
  }
  return {
    log: createKafkaLog({ config, clock: Date.now, observer }),
    async make(name) {
      await topics.create([{ name, ...wanted }])
      await topics.close()
    },
  }
}

async function roundTrip(settings: Record<string, unknown>): Promise<void> {
  const { log, make } = open(settings)
  const topic = ownName('topic')
  await make(topic)
  await log.append([{ topic, key: 'k', value: 'behind the login' }])
  const member = await log.join({ group: 'g', topics: [topic] })
  expect((await take(member, 1)).map(textOf)).toEqual(['behind the login'])
  await log.close()
}

describe.each(['scram-sha-256', 'scram-sha-512', 'plain'] as const)('a login by %s', (mechanism) => {
  test('works on loopback', () => roundTrip({ brokers: [server.open], sasl: { mechanism, ...kafkaUser } }))

  test('works over TLS', () =>
    roundTrip({
      brokers: [server.encrypted],
      tls: { enabled: true, caFile: server.caFile },
      sasl: { mechanism, ...kafkaUser },
    }))
})

test('a login by oauthbearer reads its token anew: one that was put in the place of a bad one works', async () => {
  const tokenFile = join(await temporaryFolder('callscope-token-'), 'token')
  await writeFile(tokenFile, 'planted-bad-token\n')
  const settings = {
    brokers: [server.encrypted],
    tls: { enabled: true, caFile: server.caFile },
    sasl: { mechanism: 'oauthbearer', tokenFile },
  }
  const { log } = open(settings)
  const refused = String(await log.append([{ topic: 't', key: null, value: 'x' }]).catch((error: unknown) => error))
  expect(refused).toContain('Error')
  expect(refused).not.toContain('planted')
  await writeFile(tokenFile, `${bearerToken(Date.now())}\n`)
  await expect(log.append([{ topic: 'no-such-topic', key: null, value: 'x' }])).rejects.toThrow('no-such-topic')
  await log.close()
  await roundTrip(settings)
})

test('a wrong password is told as such and quotes no secret', async () => {
  const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error'), vi.spyOn(process.stderr, 'write')]
  const password = 'planted-wrong-91c2'
  const { log } = open({
    brokers: [server.open],
    sasl: { mechanism: 'scram-sha-512', username: 'callscope', password },
  })
  const refused = await log.append([{ topic: 't', key: null, value: 'x' }]).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Error)
  expect(String(refused)).toContain('kafka.sasl')
  expect(await log.health()).toMatchObject({ ok: false })
  const everything = [String(refused), JSON.stringify(refused), JSON.stringify(await log.health()), ...said]
  for (const print of printed) everything.push(...print.mock.calls.map((call) => JSON.stringify(call)))
  for (const secret of [password, kafkaUser.password]) expect(everything.join('\n')).not.toContain(secret)
  await log.close()
})

test('a broker certificate of an unknown authority is refused', async () => {
  const { log } = open({
    brokers: [server.encrypted],
    tls: { enabled: true },
    sasl: { mechanism: 'scram-sha-512', ...kafkaUser },
  })
  expect(await log.health()).toMatchObject({ ok: false })
  await log.close()
})

test('a broker that goes away is waited for; appends fail meanwhile, and reading goes on by itself', async () => {
  const { log, make } = open({ brokers: [server.open], sasl: { mechanism: 'scram-sha-512', ...kafkaUser } })
  const topic = ownName('topic')
  await make(topic)
  await log.append([{ topic, key: null, value: 'before' }])
  const member = await log.join({ group: 'g', topics: [topic] })
  expect((await take(member, 1)).map(textOf)).toEqual(['before'])
  const { generation, logNowMs } = await settle(member)
  await member.commit([{ topic, partition: 0, offset: 1 }], generation)

  await server.kill()
  const limits = { maxRecords: 10, maxBytes: 1_000_000, waitMs: 100 }
  for (let health = await log.health(); health.ok; health = await log.health()) await member.poll(limits)
  const stalled = await member.poll(limits)
  expect(stalled.logNowMs - logNowMs).toBeLessThan(60_000)
  const later = log.append([{ topic, key: null, value: 'after' }]).catch(() => 'refused')
  await server.start()
  if ((await later) === 'refused') await log.append([{ topic, key: null, value: 'after' }])

  expect((await take(member, 1)).map(textOf)).toEqual(['after'])
  for (let health = await log.health(); !health.ok; health = await log.health()) await member.poll(limits)
  await log.close()
})
