import type { TopicDefinition } from './event-log.ts'

const dayMs = 86_400_000

/** Shards of the recompute work; a partition of `call-changes` each. Stored in rows: never change it on a live install. */
export const shardCount = 64

export const topicNames = {
  callEvents: 'call-events',
  confEvents: 'conf-events',
  cdrEvents: 'cdr-events',
  qualitySamples: 'quality-samples',
  chatEvents: 'chat-events',
  presenceEvents: 'presence-events',
  auditEvents: 'audit-events',
  appLogs: 'app-logs',
  traceSpans: 'trace-spans',
  callChanges: 'call-changes',
  callChangesBulk: 'call-changes-bulk',
  deadLetter: 'dead-letter',
} as const

export type TopicName = (typeof topicNames)[keyof typeof topicNames]

/** The topics whose messages make up calls. */
export const callTopics: readonly TopicName[] = ['call-events', 'conf-events', 'cdr-events', 'quality-samples']

/**
 * The embedded log's topics. Announcements and dead letters outlive raw rows (30 d), so that nothing that
 * raw still holds can have lost its announcement.
 */
export const embeddedTopics: readonly TopicDefinition[] = [
  ...[...callTopics, 'chat-events', 'presence-events', 'audit-events', 'app-logs', 'trace-spans'].map((name) => ({
    name,
    partitions: 4,
    retentionMs: 3 * dayMs,
  })),
  { name: topicNames.callChanges, partitions: shardCount, retentionMs: 31 * dayMs },
  { name: topicNames.callChangesBulk, partitions: shardCount, retentionMs: 31 * dayMs },
  { name: topicNames.deadLetter, partitions: 1, retentionMs: 31 * dayMs },
]
