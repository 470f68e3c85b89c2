import type { ClickHouseClient } from '@clickhouse/client'
import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { defaultProfile } from '#quality/profile.ts'
import { createCallInputs } from '#warehouse/summaries/call-inputs.ts'
import { createCallWriter } from '#warehouse/summaries/call-writer.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { createMinuteStore } from '#warehouse/summaries/minute-store.ts'
import type { ComposeParts } from './compose-parts.ts'
import { scoringBy } from './scoring.ts'

/** What a recompute reads and writes, on one connection. */
export function recomputeParts(
  { registry, patience, profileOf = () => defaultProfile }: Pick<ComposeParts, 'registry' | 'patience' | 'profileOf'>,
  client: ClickHouseClient,
): RecomputeParts {
  return {
    versions: registry.versions,
    watermarks: registry.watermarks,
    cuts: registry.cuts,
    links: createLinkReader(client),
    minutes: createMinuteStore({
      client,
      scoringOf: (tenant, minuteMs) => scoringBy(profileOf(tenant, minuteMs)),
    }),
    inputs: createCallInputs(client),
    writer: createCallWriter(client),
    profileOf,
    patience,
  }
}
