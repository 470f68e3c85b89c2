import type { TopicDefinition } from '#contracts/event-log.ts'

/** The topics of the kill test, for both of its processes. */
export const killTopics: readonly TopicDefinition[] = [{ name: 'killed', partitions: 3, retentionMs: 86_400_000 }]
