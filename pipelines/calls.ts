import type { Decode, TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { callTopics, topicNames } from '#contracts/topics.ts'
import type { Batch } from './batch.ts'
import { createPipeline, type Pipeline, type PipelineParts } from './pipeline.ts'
import { createCdrDecode } from './steps/cdr-decode.ts'
import type { TenantRules } from './steps/cloud-event-tenant.ts'
import type { Correlate } from './steps/correlate.ts'
import { createEventDecode } from './steps/event-decode.ts'
import { createLinkWriter } from './steps/links.ts'
import type { LinkBatch, LinkMemory } from './steps/links-memory.ts'
import { createSampleDecode } from './steps/sample-decode.ts'

/** What every pipeline is given; the composition root makes it once. */
export type PipelineRoom = Omit<
  PipelineParts,
  'name' | 'topics' | 'decode' | 'show' | 'refuseFrozen' | 'acknowledged' | 'watermarks'
> &
  TenantRules & {
    readonly windows: TimeWindows
    readonly ignoredIds?: ReadonlySet<string>
    /** Without it: parties as sent, free text scrubbed, nobody erased. */
    readonly privacy?: Privacy
  }

export interface CallsParts extends PipelineRoom {
  readonly watermarks: NonNullable<PipelineParts['watermarks']>
  readonly refuseFrozen: NonNullable<PipelineParts['refuseFrozen']>
  /** Labels and shows live samples, once their rows are stored. */
  readonly live: Correlate
  /** Counts what producers say twice, unlike, once it is stored. */
  readonly watchConflicts: (batch: Batch) => void
  readonly worstOf: (sample: QualitySample, tenant: string, atMs: number) => 0 | 1 | 2
  readonly linkMemory: LinkMemory
}

/**
 * Events, call detail and samples of calls:
 * decode -> refuse what raw no longer covers -> deliver to the warehouse -> label live samples -> announce -> commit.
 */
export function createCallsPipeline(parts: CallsParts): Pipeline {
  const { linkMemory, live, watchConflicts } = parts
  const links = createLinkWriter({
    memory: linkMemory,
    ...(parts.ignoredIds === undefined ? {} : { ignoredIds: parts.ignoredIds }),
  })
  const shared = { ...parts, writeLinks: links }
  const decoders: Readonly<Record<string, Decode>> = {
    [topicNames.callEvents]: createEventDecode(shared),
    [topicNames.confEvents]: createEventDecode(shared),
    [topicNames.cdrEvents]: createCdrDecode(shared),
    [topicNames.qualitySamples]: createSampleDecode(shared),
  }
  const written = new WeakMap<Batch, LinkBatch>()

  return createPipeline({
    ...parts,
    name: 'calls',
    topics: callTopics,
    show: live.show,
    begin: (batch) => written.set(batch, linkMemory.begin()),
    decode: (record, into) => decoders[record.topic]?.(record, into),
    async acknowledged(batch) {
      written.get(batch)?.confirm()
      watchConflicts(batch)
      await live.correlate(batch)
    },
  })
}
