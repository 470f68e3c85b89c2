import type { ClickHouseClient } from '@clickhouse/client'
import { createCallsPipeline, type PipelineRoom } from '#pipelines/calls.ts'
import type { Pipeline } from '#pipelines/pipeline.ts'
import { createConflictWatch } from '#pipelines/steps/conflicts.ts'
import { createCorrelate } from '#pipelines/steps/correlate.ts'
import { createLinkMemory } from '#pipelines/steps/links-memory.ts'
import { createRefuseFrozen } from '#pipelines/steps/refuse-frozen.ts'
import { worstOf } from '#quality/interval-thresholds.ts'
import { defaultProfile } from '#quality/profile.ts'
import { createContextReader } from '#warehouse/read/call-contexts.ts'
import { createFrozenCheck } from '#warehouse/summaries/frozen-check.ts'
import { neverFrozenMs } from '#warehouse/summaries/minute-keys.ts'
import { liveScore } from '../live-score.ts'
import type { ComposeParts } from './compose-parts.ts'
import { isNewTo } from './room.ts'
import { scorerBy } from './scoring.ts'

/** Bundles of links remembered as stored: about 250 bytes each. */
export const linkMemorySize = 400_000

export interface CallsReads {
  /** Whether late rows are of frozen calls: asked before a batch is stored. */
  readonly frozen: ClickHouseClient
  /** Labels of live samples: asked while the next batch asks the other, which must not hold them up. */
  readonly labels: ClickHouseClient
}

export function callsPipeline(parts: ComposeParts, room: PipelineRoom, reads: CallsReads): Pipeline {
  const { registry, prometheus, profileOf = () => defaultProfile } = parts
  const isNew = isNewTo(parts)
  return createCallsPipeline({
    ...room,
    watermarks: registry.watermarks,
    linkMemory: createLinkMemory({ max: linkMemorySize }),
    refuseFrozen: createRefuseFrozen({
      check: createFrozenCheck(reads.frozen),
      neverFrozenMs,
    }),
    worstOf: liveScore((tenant, atMs) => scorerBy(profileOf(tenant, atMs)), worstOf),
    watchConflicts: createConflictWatch({ isNew, found: prometheus.pipelines.conflicts }),
    live: createCorrelate({
      isNew,
      contexts: createContextReader(reads.labels),
      observe: prometheus.calls.observe,
      missed: prometheus.pipelines.contextMisses,
    }),
  })
}
