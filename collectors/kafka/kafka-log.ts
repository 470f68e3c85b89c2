import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog, TopicDefinition } from '#contracts/event-log.ts'
import { createAppender } from './append.ts'
import { clusterOf, createClients } from './client.ts'
import { type ClusterQuestions, createClusterQuestions } from './cluster.ts'
import type { KafkaConfig } from './config.ts'
import { lagOf, type PartitionLag } from './lag.ts'
import { createLogClock } from './log-clock.ts'
import { joinKafkaGroup, type KafkaMembership } from './membership.ts'
import { createProducersTimes } from './producers-times.ts'
import { readOn } from './read.ts'
import { createSending } from './sending.ts'
import { groupOnCluster, inOurNames, type TopicNames, topicNamesOf } from './topic-names.ts'
import { explain, type KafkaObserver, troubleOf } from './trouble.ts'

export interface KafkaLogOptions {
  readonly config: KafkaConfig
  readonly clock: Clock
  /** Milliseconds since some moment, which no setting of the clock moves. */
  readonly monotonic?: () => number
  /** Topics whose absence `health` tells before anybody reads them. */
  readonly topics?: readonly Pick<TopicDefinition, 'name'>[]
  readonly observer: KafkaObserver
}

export type LogHealth = { readonly ok: true } | { readonly ok: false; readonly awaits: readonly string[] }

/** The event log on a Kafka cluster, and what an operator wants to know of it. */
export interface KafkaLog extends EventLog {
  /** Lag of a group (named as for `join`) in all partitions of the topics. Rejects when the cluster cannot be asked. */
  lag(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>
  /** The brokers' present time as far as this process knows it, epoch milliseconds. No setting of this machine's clock moves it. */
  nowMs(): number
  /** Whether brokers, topics and members work; else what is waited for, in words for a person. */
  health(): Promise<LogHealth>
  /** What works, and not as well as it should, in words for a person. */
  notes(): readonly string[]
}

const neverAnswered: readonly string[] = ['The log: no broker has answered yet; check kafka.brokers and the network.']

// A probe gives up after a second or a few; the answer before is better than none.
const healthWaitMs = 1_000
// Where there is none, a broker far away, reached by TLS and with a login, takes longer.
const firstHealthWaitMs = 10_000

/** Makes no connection yet. Throws an error that names the setting when the settings cannot be right. */
export function createKafkaLog(options: KafkaLogOptions): KafkaLog {
  const { config, clock, monotonic = () => performance.now(), observer, topics = [] } = options
  const makeClient = createClients(config, observer)
  const logClock = createLogClock({ clock, monotonic })
  const names = topicNamesOf(config)
  const cluster = inOurNames(
    createClusterQuestions(() => clusterOf(makeClient()), monotonic),
    names,
  )
  const appender = createAppender(cluster, createSending(makeClient, logClock, names), names)
  const members = new Set<KafkaMembership>()
  const producersTimes = createProducersTimes(observer, names)
  const sessionTimeoutMs = config.sessionTimeoutSeconds * 1_000
  let closed = false
  let looking: Promise<void> | undefined
  let missing = neverAnswered

  const isClosed = () => closed
  function assertOpen(): void {
    if (closed) throw new Error('The event log is closed.')
  }

  /** Asked at most once at a time: probes come more often than a broker that is down is given up on. */
  async function look(): Promise<void> {
    missing = await missingIn(cluster, names, topics)
    looking = undefined
  }

  return {
    async append(records) {
      assertOpen()
      await appender.append(records)
    },
    async join({ group, topics }) {
      assertOpen()
      const parts = { makeClient, cluster, names, logClock, observer, sessionTimeoutMs, isClosed, producersTimes }
      const member = joinKafkaGroup(parts, { group: groupOnCluster(config, group), topics })
      members.add(member)
      const leave = async () => {
        members.delete(member)
        await member.leave()
      }
      return { ...member, leave }
    },
    async read(from, limit) {
      assertOpen()
      return readOn(cluster, from, limit)
    },
    async extent(topic) {
      assertOpen()
      if ((await cluster.partitions(topic)) === undefined)
        throw new Error(`Topic '${names.onCluster(topic)}' does not exist.`)
      return cluster.extents([topic])
    },
    async lag(group, topics) {
      assertOpen()
      return lagOf({ cluster, logClock }, groupOnCluster(config, group), topics)
    },
    nowMs: () => logClock.at(monotonic()),
    notes: producersTimes.notes,
    async health() {
      looking ??= look()
      const waitMs = missing === neverAnswered ? firstHealthWaitMs : healthWaitMs
      await Promise.race([looking, sleep(waitMs, undefined, { ref: false })])
      const awaits = [...missing, ...[...members].flatMap((member) => member.awaits() ?? [])]
      return awaits.length === 0 ? { ok: true } : { ok: false, awaits }
    },
    async close() {
      if (closed) return
      closed = true
      await Promise.all([...members].map((member) => member.leave()))
      await appender.close()
      await cluster.close()
    },
  }
}

/** What of the cluster is awaited, in words. Never throws. */
async function missingIn(
  cluster: ClusterQuestions,
  names: TopicNames,
  topics: readonly Pick<TopicDefinition, 'name'>[],
): Promise<readonly string[]> {
  try {
    await cluster.extents([])
    const found = await Promise.all(topics.map(async ({ name }) => [name, await cluster.partitions(name)] as const))
    const absent = found
      .filter(([, partitions]) => partitions === undefined)
      .map(([name]) => `Topic '${names.onCluster(name)}'`)
    if (absent.length === 0) return []
    const verb = absent.length === 1 ? 'does' : 'do'
    return [`${absent.join(', ')} ${verb} not exist: run "callscope topics create".`]
  } catch (error) {
    return [`The log: ${explain(troubleOf(error))}.`]
  }
}
