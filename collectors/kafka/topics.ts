import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin, type Cluster, type Kafka, type PartitionMetadata } from 'kafkajs'
import { clusterOf, createClients } from './client.ts'
import { type ClusterQuestions, createClusterQuestions } from './cluster.ts'
import type { KafkaConfig } from './config.ts'
import { type Operation, refusedOperations, unlessRefused } from './topic-access.ts'
import { KafkaError, type KafkaObserver, troubleOf } from './trouble.ts'
import type { WantedTopic } from './wanted-topics.ts'

/** What a topic is not as it should be in; a closed set. */
export type TopicFault =
  | 'missing'
  | 'partitions'
  | 'timestamps'
  | 'retention'
  | 'message_size'
  | 'compacted'
  | 'under_replicated'
  | 'leaderless'
  | 'not_allowed'

export interface TopicFinding {
  readonly topic: string
  readonly fault: TopicFault
  /** False: it works, but not as well as it should. */
  readonly isWrong: boolean
  /** What is, what is wanted, and how to mend it. */
  readonly detail: string
}

// What a broker knows of a new topic comes by the controller's log, in a moment.
const knownTries = 25

export interface TopicsAdmin {
  /**
   * Makes what is missing and touches nothing that is there; what differs is reported as by `check`. Safe to repeat.
   * Rejects when the cluster cannot be asked, or refuses.
   */
  create(wanted: readonly WantedTopic[]): Promise<{ created: readonly string[]; findings: readonly TopicFinding[] }>
  check(wanted: readonly WantedTopic[]): Promise<readonly TopicFinding[]>
  /** How long the cluster keeps messages of this topic, milliseconds; undefined: for ever, or it does not say. */
  retentionMs(topic: string): Promise<number | undefined>
  close(): Promise<void>
}

export function openTopicsAdmin(config: KafkaConfig, observer: KafkaObserver): TopicsAdmin {
  const makeClient = createClients(config, observer)
  const client = makeClient()
  const admin = client.admin()
  const asking = createPartitionsAsking(client)
  const questions = createClusterQuestions(
    () => clusterOf(makeClient()),
    () => performance.now(),
  )

  async function check(wanted: readonly WantedTopic[]): Promise<TopicFinding[]> {
    await admin.connect().catch((error: unknown) => refuse('topics', error))
    const findings: TopicFinding[] = []
    for (const topic of wanted) findings.push(...(await checkOne(topic)))
    return findings
  }

  async function checkOne(wanted: WantedTopic): Promise<TopicFinding[]> {
    try {
      const partitions = await asking.partitionsOf(wanted.name)
      const settings = await unlessRefused(settingsOf(admin, wanted.name))
      const first = { topic: wanted.name, partition: partitions[0]?.partitionId ?? 0 }
      const refused = await refusedOperations({ cluster: asking.cluster(), questions }, first)
      return [
        ...refusal(wanted.name, [...refused, ...(settings === undefined ? (['DescribeConfigs'] as const) : [])]),
        ...judgePartitions(wanted, partitions),
        ...(settings === undefined ? [] : judgeSettings(wanted, settings)),
      ]
    } catch (error) {
      return [findingOf(wanted, error)]
    }
  }

  return {
    check,
    async create(wanted) {
      await admin.connect().catch((error: unknown) => refuse('topics', error))
      const created: string[] = []
      for (const topic of wanted) {
        // Who may not make topics may still be told that all are there.
        if ((await questions.partitions(topic.name)) !== undefined) continue
        if (await createOne(admin, topic, config.replication)) created.push(topic.name)
      }
      for (const topic of created) await untilKnown(topic, questions)
      return { created, findings: await check(wanted) }
    },
    async retentionMs(topic) {
      await admin.connect().catch((error: unknown) => refuse('topics', error))
      const kept = Number((await settingsOf(admin, topic)).get('retention.ms') ?? -1)
      return kept >= 0 ? kept : undefined
    },
    async close() {
      await Promise.all(
        [admin.disconnect(), asking.cluster().disconnect(), questions.close()].map((end) => end.catch(() => undefined)),
      )
    },
  }
}

/** What was superseded goes within a day: a letter without its message supersedes the one that held it. */
const compactedWithinMs = 86_400_000

function refuse(what: string, error: unknown): never {
  throw new KafkaError(what, error)
}

/** True: it was made now. */
async function createOne(admin: Admin, wanted: WantedTopic, replication: number): Promise<boolean> {
  const settings = {
    'message.timestamp.type': 'LogAppendTime',
    'cleanup.policy': wanted.isCompacted ? 'compact,delete' : 'delete',
    ...(wanted.isCompacted ? { 'max.compaction.lag.ms': String(compactedWithinMs) } : {}),
    'retention.ms': String(wanted.retentionMs),
    'retention.bytes': '-1',
    'max.message.bytes': String(wanted.maxMessageBytes),
    // With every replica but one in sync a write still goes on, and is on two disks at least.
    'min.insync.replicas': String(Math.max(1, Math.min(2, replication - 1))),
  }
  try {
    return await admin.createTopics({
      waitForLeaders: false, // asked too early, a broker says of a new topic that there is none, and kafkajs believes it
      topics: [
        {
          topic: wanted.name,
          numPartitions: wanted.partitions,
          replicationFactor: replication,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    })
  } catch (error) {
    if (hasType(error, 'TOPIC_AUTHORIZATION_FAILED')) {
      throw new Error(
        `Topic '${wanted.name}': this user may not make it: allow Create on it or on the cluster (kafka-acls.sh --add).`,
      )
    }
    if (hasType(error, 'INVALID_REPLICATION_FACTOR')) {
      throw new Error(
        `Topic '${wanted.name}': fewer brokers than kafka.replication (${replication}): set it to their number.`,
      )
    }
    throw new KafkaError(`Topic '${wanted.name}'`, error)
  }
}

/** kafkajs gives an error for each topic within one for all. */
function hasType(error: unknown, type: string): boolean {
  const { errors = [] } = error as { errors?: readonly unknown[] }
  return [error, ...errors].some((of) => (of as { type?: unknown }).type === type)
}

async function untilKnown(topic: string, questions: ClusterQuestions): Promise<void> {
  for (let tries = 0; tries < knownTries; tries += 1) {
    if ((await questions.partitions(topic)) !== undefined) return
    await sleep(200)
  }
}

/** A connection to ask for partitions, which is made anew once it was refused some. */
function createPartitionsAsking(client: Kafka) {
  let cluster = clusterOf(client)
  return {
    cluster: () => cluster,
    async partitionsOf(topic: string): Promise<readonly PartitionMetadata[]> {
      try {
        return await askPartitions(cluster, topic)
      } catch (error) {
        // kafkajs goes on asking for a topic that has gone, together with every other.
        await cluster.disconnect().catch(() => undefined)
        cluster = clusterOf(client)
        throw error
      }
    },
  }
}

async function askPartitions(cluster: Cluster, topic: string): Promise<readonly PartitionMetadata[]> {
  await cluster.connect()
  await cluster.addTargetTopic(topic)
  await cluster.refreshMetadata()
  return cluster.findTopicPartitionMetadata(topic)
}

async function settingsOf(admin: Admin, topic: string): Promise<ReadonlyMap<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  })
  return new Map(
    resources.flatMap(({ configEntries }) =>
      configEntries.map(({ configName, configValue }) => [configName, configValue]),
    ),
  )
}

/** What is refused, as the operations to allow. */
function refusal(topic: string, operations: readonly Operation[]): TopicFinding[] {
  if (operations.length === 0) return []
  const named = operations.join(', ')
  const detail = `this user is refused ${named}: allow ${named} on it (kafka-acls.sh --add)`
  return [{ topic, fault: 'not_allowed', isWrong: true, detail }]
}

function findingOf({ name: topic }: WantedTopic, error: unknown): TopicFinding {
  const trouble = troubleOf(error)
  if (trouble === 'topic_missing') {
    return { topic, fault: 'missing', isWrong: true, detail: 'does not exist: run "callscope topics create"' }
  }
  if (trouble === 'not_allowed') {
    return refusal(topic, ['Describe', 'Read', 'Write', 'DescribeConfigs'])[0] as TopicFinding
  }
  if (trouble === 'broker_unreachable') {
    return {
      topic,
      fault: 'leaderless',
      isWrong: true,
      detail: 'a partition has no leader that answers: look at the brokers',
    }
  }
  throw error
}

function judgePartitions(wanted: WantedTopic, partitions: readonly PartitionMetadata[]): TopicFinding[] {
  const topic = wanted.name
  const findings: TopicFinding[] = []
  if (wanted.isCountFixed && partitions.length !== wanted.partitions) {
    const detail = `has ${partitions.length} partitions and needs exactly ${wanted.partitions}: make it anew while it is empty`
    findings.push({ topic, fault: 'partitions', isWrong: true, detail })
  }
  const behind = partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length
  if (behind > 0) {
    const detail = `${behind} of ${partitions.length} partitions lack a replica in sync: look at the brokers`
    findings.push({ topic, fault: 'under_replicated', isWrong: false, detail })
  }
  return findings
}

/** Of a time that its producer gave: far within every window of event times, so that nothing is judged otherwise for it. */
const mostLateMs = 3_600_000

function judgeSettings(wanted: WantedTopic, settings: ReadonlyMap<string, string>): TopicFinding[] {
  const { name: topic, leastRetentionMs, maxMessageBytes } = wanted
  const findings: TopicFinding[] = []
  const note = (fault: TopicFault, isWrong: boolean, detail: string) => findings.push({ topic, fault, isWrong, detail })
  const setting = (name: string) => Number(settings.get(name) ?? Number.NaN)
  const retentionMs = setting('retention.ms')

  if (settings.get('message.timestamp.type') !== 'LogAppendTime') {
    const isBounded = setting('message.timestamp.before.max.ms') <= mostLateMs
    const bound = isBounded ? 'at most an hour late' : `or at least message.timestamp.before.max.ms=${mostLateMs}`
    note('timestamps', !isBounded, `keeps the producers’ clocks: set message.timestamp.type=LogAppendTime (${bound})`)
  }
  const policy = (settings.get('cleanup.policy') ?? '').split(',').sort().join()
  if (wanted.isCompacted && policy === 'delete') {
    const kept = 'is not compacted, so that messages which were erased stay in it until they are too old'
    note(
      'compacted',
      false,
      `${kept}: set cleanup.policy=compact,delete and max.compaction.lag.ms=${compactedWithinMs}`,
    )
  } else if (policy !== (wanted.isCompacted ? 'compact,delete' : 'delete')) {
    note('compacted', true, wanted.isCompacted ? keepsForEver : takesAway)
  }
  if (retentionMs >= 0 && retentionMs < leastRetentionMs) {
    note(
      'retention',
      true,
      `keeps ${hours(retentionMs)} h and needs ${hours(leastRetentionMs)} h: set retention.ms=${leastRetentionMs}`,
    )
  }
  if (setting('retention.bytes') >= 0) {
    note('retention', false, 'is cut by size, which may be sooner than its time: set retention.bytes=-1')
  }
  if (setting('max.message.bytes') < maxMessageBytes) {
    note('message_size', false, `refuses large messages: set max.message.bytes=${maxMessageBytes}`)
  }
  return findings
}

const takesAway = 'is compacted, which takes messages away: set cleanup.policy=delete'
const keepsForEver = 'is never cleaned by age: set cleanup.policy=compact,delete'

const hours = (ms: number): number => Math.floor(ms / 3_600_000)
