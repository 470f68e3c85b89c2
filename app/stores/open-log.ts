import { dirname } from 'node:path'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { createKafkaLog } from '#collectors/kafka/kafka-log.ts'
import { topicNamesOf } from '#collectors/kafka/topic-names.ts'
import { openTopicsAdmin } from '#collectors/kafka/topics.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog, GroupLag, LogWatch, TopicDefinition } from '#contracts/event-log.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { groupTopics, type PipelineName } from '../compose/compose-parts.ts'
import type { EngineParts } from '../engine.ts'
import { createRepeatedWarnings } from '../telemetry/repeated-warnings.ts'
import { longestRetentionMs } from '../windows.ts'
import type { WriteHealth } from '../write-health.ts'
import { onDiskNow } from './disk-trouble.ts'
import { clockByServer } from './server-clock.ts'
import { folderFor, fromSettings } from './where.ts'

export interface OpenLog extends LogWatch {
  readonly log: EventLog
  /** What only a log of our own can do and needs: forget old messages, go back after an unclean stop. */
  readonly embedded: EmbeddedLog | undefined
  /** How long the log keeps messages of a topic, milliseconds; undefined: for ever, or it does not say. */
  retentionMs(topic: string): Promise<number | undefined>
  /** The log's present time, epoch milliseconds, where that is not the time of this machine's clock. */
  readonly nowMs?: () => number
}

/** The log that the configuration names: Kafka, or the embedded one in the data folder. */
export async function openLog(parts: EngineParts, writes: WriteHealth): Promise<OpenLog> {
  const opened = parts.config.kafka.brokers.length > 0 ? await openKafka(parts) : openEmbedded(parts)
  const watched = writes.watch('log')
  return { ...opened, log: { ...opened.log, append: (records) => watched(() => opened.log.append(records)) } }
}

/** Throws while a broker or a topic is awaited: who can wait, waits (await-engine.ts). */
async function openKafka({ config, clock, logger }: EngineParts): Promise<OpenLog> {
  const warnAgain = createRepeatedWarnings({ logger })
  const beginsWith = await clockByServer(config, clock, logger)
  const log = fromSettings(() =>
    createKafkaLog({
      config: config.kafka,
      clock: beginsWith,
      topics: embeddedTopics,
      observer: {
        trouble: (what, of) => warnAgain({ what, of }, 'the log is in trouble'),
        client: (part, severity) => logger.debug({ part, severity }, 'the Kafka client complains'),
      },
    }),
  )
  const health = async (): Promise<string> => {
    const told = await log.health()
    return told.ok ? 'ok' : told.awaits.join(' ')
  }
  const said = await health()
  if (said !== 'ok') {
    await log.close()
    throw new Error(said)
  }
  return {
    log,
    health,
    notes: log.notes,
    nowMs: log.nowMs,
    embedded: undefined,
    async retentionMs(topic) {
      const admin = openTopicsAdmin(config.kafka, { trouble: () => undefined, client: () => undefined })
      try {
        return await admin.retentionMs(topicNamesOf(config.kafka).onCluster(topic))
      } finally {
        await admin.close()
      }
    },
    async lag(group) {
      const found = await log.lag(group, groupTopics[group as PipelineName] ?? [])
      return found.map(({ messages, ...rest }) => ({ ...rest, lag: messages }))
    },
  }
}

function openEmbedded({ config, folder, clock }: EngineParts): OpenLog {
  const path = folderFor('kafka.brokers', folder).part('log.sqlite')
  const { durability } = config
  const topics = topicsFor(config)
  const place = { store: 'the event log', folder: dirname(path) }
  const embedded = onDiskNow(place, () => createEmbeddedLog({ path, topics, clock, durability }))
  return watchEmbedded(embedded, { clock, topics })
}

/** Announcements and dead letters outlive raw rows, of the tenant that keeps them longest. */
const topicsFor = (config: EngineParts['config']): readonly TopicDefinition[] =>
  embeddedTopics.map((topic) =>
    outliving.includes(topic.name)
      ? { ...topic, retentionMs: Math.max(topic.retentionMs, longestRetentionMs(config) + dayMs) }
      : topic,
  )

const dayMs = 86_400_000
const outliving: readonly string[] = [topicNames.callChanges, topicNames.callChangesBulk, topicNames.deadLetter]

async function withAge(log: EmbeddedLog, clock: Clock, of: GroupLag): Promise<GroupLag> {
  if (of.lag === 0) return { ...of, seconds: 0 }
  const [first] = await log.read({ ...of, offset: of.end - of.lag }, 1)
  return first === undefined ? of : { ...of, seconds: Math.max(0, (clock() - first.logTimeMs) / 1_000) }
}

/** The embedded log as the composition root sees any. */
export function watchEmbedded(
  embedded: EmbeddedLog,
  {
    clock = Date.now,
    topics = embeddedTopics,
  }: { readonly clock?: Clock; readonly topics?: readonly TopicDefinition[] } = {},
): OpenLog {
  return {
    log: embedded,
    embedded,
    retentionMs: async (topic) => topics.find(({ name }) => name === topic)?.retentionMs,
    lag: (group) => Promise.all(embedded.lag(group).map((of) => withAge(embedded, clock, of))),
    async health() {
      try {
        await embedded.extent('dead-letter')
        return 'ok'
      } catch {
        return 'does not answer'
      }
    },
  }
}
