import type { ClickHouseClient } from '@clickhouse/client'
import { forgettingInputs } from '#pipelines/privacy/forgetting-inputs.ts'
import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { believedWatermarks } from '#pipelines/watermarks.ts'
import { defaultProfile } from '#quality/profile.ts'
import { createCallInputs } from '#warehouse/summaries/call-inputs.ts'
import { createCallWriter } from '#warehouse/summaries/call-writer.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { createMinuteStore } from '#warehouse/summaries/minute-store.ts'
import type { ComposeParts } from './compose-parts.ts'
import { scoringBy } from './scoring.ts'

/** What a recompute reads and writes, on one connection. */
export function recomputeParts(
  {
    registry,
    patience,
    forgetting,
    logNow,
    profileOf = () => defaultProfile,
  }: Pick<ComposeParts, 'registry' | 'patience' | 'profileOf' | 'forgetting' | 'logNow'>,
  client: ClickHouseClient,
): RecomputeParts {
  const inputs = createCallInputs(client)
  return {
    versions: registry.versions,
    watermarks: believedWatermarks(registry.watermarks, logNow),
    cuts: registry.cuts,
    links: createLinkReader(client),
    minutes: createMinuteStore({
      client,
      scoringOf: (tenant, minuteMs) => scoringBy(profileOf(tenant, minuteMs)),
    }),
    inputs: forgetting === undefined ? inputs : forgettingInputs(inputs, forgetting),
    writer: createCallWriter(client),
    profileOf,
    patience,
  }
}
