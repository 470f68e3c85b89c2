import kafkajs, { type AclEntry, type Admin } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { configSchema } from '#app/config-schema.ts'
import type { Check } from '#app/doctor/check.ts'
import { checkLog } from '#app/doctor/log.ts'
import { openTopicsAdmin } from '#collectors/kafka/topics.ts'
import { wantedTopics } from '#collectors/kafka/wanted-topics.ts'
import { ownName } from './names.ts'
import { temporaryFolder } from './servers/guard.ts'
import { kafkaUser, limitedUser, type SecuredKafka, startSecuredKafka } from './servers/kafka-secured.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
const retentionMs = 30 * 86_400_000
const silent = { trouble: () => undefined, client: () => undefined }
let server: SecuredKafka
let admin: Admin
let prefix: string

beforeAll(async () => {
  server = await startSecuredKafka({ folder: await temporaryFolder('callscope-kafka-doctor-') })
  const sasl = { mechanism: 'scram-sha-512', ...kafkaUser } as const
  admin = new kafkajs.Kafka({ brokers: [server.open], sasl, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
})
afterAll(async () => {
  await admin?.disconnect()
  await server?.stop()
})

type User = typeof kafkaUser | typeof limitedUser

function configOf(user: User) {
  const kafka = {
    ...{ brokers: [server.open], replication: 1, partitions: 2, topicPrefix: prefix },
    sasl: { mechanism: 'scram-sha-512', ...user },
  }
  return { ...configSchema.parse({ kafka }), defaultTenant: 'default', defaultTenantStated: false }
}

beforeEach(async () => {
  const any = { resourcePatternType: ResourcePatternTypes.ANY, permissionType: AclPermissionTypes.ANY }
  await admin.deleteAcls({
    filters: [{ ...any, resourceType: AclResourceTypes.ANY, operation: AclOperationTypes.ANY }],
  })
  prefix = `${ownName('doctor')}-`
  const { kafka } = configOf(kafkaUser)
  const topics = openTopicsAdmin(kafka, silent)
  expect((await topics.create(wantedTopics(kafka, retentionMs))).findings).toEqual([])
  await topics.close()
})

const looked = (user: User, now: () => number = Date.now): Promise<readonly Check[]> => checkLog(configOf(user), now)
const wrong = (checks: readonly Check[]) =>
  checks.filter(({ ok }) => !ok).map(({ what, found }) => `${what.replace(prefix, '')}: ${found}`)

const allowance = (entry: Partial<AclEntry>): AclEntry => ({
  ...{ resourceType: AclResourceTypes.TOPIC, resourceName: prefix },
  ...{ resourcePatternType: ResourcePatternTypes.PREFIXED, principal: `User:${limitedUser.username}`, host: '*' },
  ...{ operation: AclOperationTypes.ALL, permissionType: AclPermissionTypes.ALLOW },
  ...entry,
})
const group = { resourceType: AclResourceTypes.GROUP }
const denied = { permissionType: AclPermissionTypes.DENY, resourcePatternType: ResourcePatternTypes.LITERAL }

test('who may everything finds all well: what the broker speaks, and that its clock is ours', async () => {
  const checks = await looked(kafkaUser)
  expect(wrong(checks)).toEqual([])
  const found = new Map(checks.map(({ what, found }) => [what, found]))
  expect(found.get('Kafka')).toMatch(/^1 brokers, .* speak like Kafka 4\.x$/)
  expect(found.get('Kafka broker 1 clock')).toMatch(/^[+-]0\.\d s against/)
})

test('the look leaves no message in any topic, no offset behind which a group would lag, and no group', async () => {
  await looked(kafkaUser)
  for (const { name } of wantedTopics(configOf(kafkaUser).kafka, retentionMs)) {
    const offsets = await admin.fetchTopicOffsets(name)
    expect(
      offsets.map(({ low, high }) => [low, high]),
      name,
    ).toEqual(offsets.map(() => ['0', '0']))
  }
  const { groups } = await admin.listGroups()
  expect(groups.filter(({ groupId }) => groupId.startsWith(prefix))).toEqual([])
})

test('a clock that differs is told, with the broker whose it is', async () => {
  expect(wrong(await looked(kafkaUser, () => Date.now() - 60_000))).toEqual([
    expect.stringMatching(/^Kafka broker 1 clock: \+(59|60)\.\d s .*NTP/),
  ])
})

test('what a user is refused is named with the operation to allow: writes, reads, settings, groups', async () => {
  const at = (name: string) => ({ ...denied, resourceName: prefix + name })
  const acl = [
    ...[allowance({}), allowance(group)],
    allowance({ ...at('call-changes'), operation: AclOperationTypes.WRITE }),
    allowance({ ...at('app-logs'), operation: AclOperationTypes.READ }),
    allowance({ ...at('cdr-events'), operation: AclOperationTypes.DESCRIBE_CONFIGS }),
    allowance({ ...group, ...at('callscope-summaries'), operation: AclOperationTypes.READ }),
    allowance({ ...group, ...at('callscope-logs'), operation: AclOperationTypes.DESCRIBE }),
  ]
  await admin.createAcls({ acl })
  await expect
    .poll(async () => wrong(await looked(limitedUser)).sort())
    .toEqual([
      `consumer groups: may not be joined: logs, summaries; allow Read on groups ${prefix}callscope-* (prefixed)`,
      'topic app-logs: this user is refused Read: allow Read on it (kafka-acls.sh --add)',
      'topic call-changes: this user is refused Write: allow Write on it (kafka-acls.sh --add)',
      'topic cdr-events: this user is refused DescribeConfigs: allow DescribeConfigs on it (kafka-acls.sh --add)',
    ])
})

test('without transactions of its own the clock is not asked, which is no fault', async () => {
  await admin.createAcls({ acl: [allowance({}), allowance(group)] })
  await expect.poll(async () => wrong(await looked(limitedUser))).toEqual([])
  const clock = (await looked(limitedUser)).find(({ what }) => what === 'Kafka broker 1 clock')
  expect(clock).toMatchObject({ ok: true, found: expect.stringMatching(/^not asked: allow Write and Describe/) })
})

test('who may nothing is told of every topic and group, and to write', async () => {
  const told = wrong(await looked(limitedUser))
  expect(told.filter((line) => line.startsWith('topic '))).toHaveLength(
    wantedTopics(configOf(kafkaUser).kafka, retentionMs).length,
  )
  expect(told.filter((line) => /^(consumer groups|idempotent writes): /.test(line))).toHaveLength(2)
})
