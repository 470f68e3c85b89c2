import type { Clock } from '#contracts/clock.ts'
import type { EventLog, GroupOptions, Membership, TopicDefinition } from '#contracts/event-log.ts'
import { createAppender } from './append.ts'
import { clusterOf, createClients } from './client.ts'
import { createClusterQuestions } from './cluster.ts'
import type { KafkaConfig } from './config.ts'
import { lagOf, type PartitionLag } from './lag.ts'
import { createLogClock } from './log-clock.ts'
import { createLooks } from './looks.ts'
import { joinKafkaGroup, type KafkaMembership, type MembershipParts } from './membership.ts'
import { createProducersTimes } from './producers-times.ts'
import { readOn } from './read.ts'
import { createSending } from './sending.ts'
import { groupOnCluster, inOurNames, topicNamesOf } from './topic-names.ts'
import type { KafkaObserver } from './trouble.ts'

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
  /** How far ahead of that a broker stamps that is not believed, milliseconds; 0: all are believed. */
  aheadMs(): number
  /** Whether brokers, topics and members work; else what is waited for, in words for a person. */
  health(): Promise<LogHealth>
  /** What works, and not as well as it should, in words for a person. */
  notes(): readonly string[]
}

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
  const producersTimes = createProducersTimes(observer, names)
  const looks = createLooks({ cluster, names, topics })
  const sessionTimeoutMs = config.sessionTimeoutSeconds * 1_000
  const isClosed = () => closed
  const parts = { makeClient, cluster, names, logClock, observer, sessionTimeoutMs, isClosed, producersTimes }
  const members = createMembers(parts)
  let closed = false

  function assertOpen(): void {
    if (closed) throw new Error('The event log is closed.')
  }

  return {
    async append(records) {
      assertOpen()
      await appender.append(records)
    },
    async join({ group, topics }) {
      assertOpen()
      return members.join({ group: groupOnCluster(config, group), topics })
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
    ...{ aheadMs: logClock.aheadMs, notes: producersTimes.notes },
    async health() {
      const awaits = [...(await looks.missing()), ...members.awaits()]
      return awaits.length === 0 ? { ok: true } : { ok: false, awaits }
    },
    async close() {
      if (closed) return
      closed = true
      await members.leave()
      await appender.close()
      await cluster.close()
    },
  }
}

/** The members of this process that have not left. */
function createMembers(parts: MembershipParts) {
  const members = new Set<KafkaMembership>()
  return {
    join(options: GroupOptions): Membership {
      const member = joinKafkaGroup(parts, options)
      members.add(member)
      const leave = async () => {
        members.delete(member)
        await member.leave()
      }
      return { ...member, leave }
    },
    awaits: (): readonly string[] => [...members].flatMap((member) => member.awaits() ?? []),
    async leave(): Promise<void> {
      await Promise.all([...members].map((member) => member.leave()))
    },
  }
}
