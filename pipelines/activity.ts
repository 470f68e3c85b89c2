import { topicNames } from '#contracts/topics.ts'
import type { Batch } from './batch.ts'
import type { PipelineRoom } from './calls.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createActivityDecode } from './steps/activity-decode.ts'

export interface ActivityParts extends PipelineRoom {
  /** Counts what happened, once it is stored. */
  readonly count: (batch: Batch) => void
}

/**
 * Chat and presence: decode -> deliver -> count -> commit. Announces nothing: a call that an event names is read together
 * with its events when somebody looks at it. A group of its own, so that a flood of chat delays no call.
 */
export const createActivityPipeline = (parts: ActivityParts): Pipeline =>
  createPipeline({
    ...parts,
    name: 'activity',
    topics: [topicNames.chatEvents, topicNames.presenceEvents],
    decode: createActivityDecode(parts),
    acknowledged: async (batch) => parts.count(batch),
  })
