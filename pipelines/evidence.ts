import { topicNames } from '#contracts/topics.ts'
import type { PipelineRoom } from './calls.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createEvidenceExtract } from './steps/evidence-extract.ts'
import { createLinkWriter } from './steps/links.ts'

/**
 * What logs and spans say about calls: warnings, failed and slow spans, and the links between trace and correlation ids.
 * A group of its own, so that an outage of the log or trace store holds back no call, and a flood of logs no trace.
 */
export function createEvidencePipeline(room: PipelineRoom): Pipeline {
  const writeLinks = createLinkWriter(room.ignoredIds === undefined ? {} : { ignoredIds: room.ignoredIds })
  return createPipeline({
    ...room,
    name: 'evidence',
    topics: [topicNames.appLogs, topicNames.traceSpans],
    decode: createEvidenceExtract({ ...room, writeLinks }),
  })
}
