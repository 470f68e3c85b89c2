import { topicNames } from '#contracts/topics.ts'
import type { Batch } from './batch.ts'
import type { PipelineRoom } from './calls.ts'
import { createPipeline, type Pipeline, type PipelineParts } from './pipeline.ts'
import { createEvidenceExtract } from './steps/evidence-extract.ts'
import { createLinkWriter } from './steps/links.ts'
import type { LinkBatch, LinkMemory } from './steps/links-memory.ts'

export interface EvidenceParts extends PipelineRoom {
  readonly watermarks: NonNullable<PipelineParts['watermarks']>
  readonly linkMemory: LinkMemory
}

/**
 * What logs and spans say about calls: warnings, failed and slow spans, and the links between trace and correlation ids.
 * A group of its own, so that an outage of the log or trace store holds back no call, and a flood of logs no trace. Its
 * watermarks count with those of `calls`: a record settles when its late lines and spans can have come too.
 */
export function createEvidencePipeline(room: EvidenceParts): Pipeline {
  const { linkMemory: memory, ignoredIds } = room
  const writeLinks = createLinkWriter({ memory, ...(ignoredIds === undefined ? {} : { ignoredIds }) })
  const written = new WeakMap<Batch, LinkBatch>()
  return createPipeline({
    ...room,
    begin: (batch) => written.set(batch, memory.begin()),
    acknowledged: async (batch) => written.get(batch)?.confirm(),
    name: 'evidence',
    topics: [topicNames.appLogs, topicNames.traceSpans],
    decode: createEvidenceExtract({ ...room, writeLinks }),
  })
}
