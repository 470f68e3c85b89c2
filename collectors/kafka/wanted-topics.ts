import type { TopicDefinition } from '#contracts/event-log.ts'
import { embeddedTopics, shardCount, topicNames } from '#contracts/topics.ts'
import type { KafkaConfig } from './config.ts'
import { topicNamesOf } from './topic-names.ts'

/** A topic as "topics create" makes it, and as the promises need it. */
export interface WantedTopic extends TopicDefinition {
  /** Least retention with which nothing is lost, milliseconds. */
  readonly leastRetentionMs: number
  /** More or fewer partitions than wanted would lose work: the number is part of the contract. */
  readonly isCountFixed: boolean
  readonly maxMessageBytes: number
  /** Of equal keys the last is kept, and the others go: dead letters, each of which may be superseded by one without its message. */
  readonly isCompacted: boolean
}

const dayMs = 86_400_000
const mebibyte = 1_048_576

/** OTLP batches are taken up to 4 MiB; a batch of records around one is a little more. */
const messageBytes = 5 * mebibyte
/** A dead letter holds a message whole, and says beside it what was wrong. */
const deadLetterBytes = 8 * mebibyte
// An outage of the stores over a long weekend must not cost messages.
const inputRetentionMs = 7 * dayMs
const leastInputRetentionMs = 3 * dayMs

const announcements: readonly string[] = [topicNames.callChanges, topicNames.callChangesBulk]

/**
 * The topics of an install, as the cluster calls them. Announcements and dead letters outlive the raw rows, so that nothing which raw still holds can
 * have lost its announcement.
 */
export function wantedTopics(config: Pick<KafkaConfig, 'partitions' | 'topicPrefix'>, rawRetentionMs: number) {
  const { onCluster } = topicNamesOf(config)
  return embeddedTopics
    .map(({ name }) => wantedTopic(name, config.partitions, rawRetentionMs))
    .map((topic): WantedTopic => ({ ...topic, name: onCluster(topic.name) }))
}

function wantedTopic(name: string, partitions: number, rawRetentionMs: number): WantedTopic {
  if (announcements.includes(name))
    return { ...longLived(name, rawRetentionMs), partitions: shardCount, isCountFixed: true }
  if (name === topicNames.deadLetter) {
    return {
      ...longLived(name, rawRetentionMs),
      partitions: 1,
      isCountFixed: false,
      isCompacted: true,
      maxMessageBytes: deadLetterBytes,
    }
  }
  return {
    name,
    partitions,
    isCountFixed: false,
    isCompacted: false,
    retentionMs: inputRetentionMs,
    leastRetentionMs: leastInputRetentionMs,
    maxMessageBytes: messageBytes,
  }
}

const longLived = (name: string, rawRetentionMs: number) => ({
  name,
  retentionMs: rawRetentionMs + dayMs,
  leastRetentionMs: rawRetentionMs,
  maxMessageBytes: messageBytes,
  isCompacted: false,
})
