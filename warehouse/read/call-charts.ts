import type { ClickHouseClient } from '@clickhouse/client'
import type { CallCharts } from '#contracts/call-charts.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { type JudgingProfile, readSamples } from './call-samples.ts'
import { readFacets } from './facets.ts'
import { readNow } from './now.ts'
import { readTimeline } from './timeline.ts'

export interface ChartParts {
  readonly client: ClickHouseClient
  readonly judgingProfile: JudgingProfile
  /** By which a tenant's talk is measured at a moment; undefined: by which all tenants' is. */
  profileAt(tenant: TenantScope, atMs: number): QualityProfile
}

/** What people see drawn. */
export function createCallCharts({ client, judgingProfile, profileAt }: ChartParts): CallCharts {
  return {
    timeline: (query) => readTimeline(client, query),
    facets: (filter) => readFacets(client, filter),
    now: (tenant, { fromMs, untilMs }) =>
      readNow(client, { tenant, fromMs, untilMs, profile: profileAt(tenant, untilMs) }),
    samples: (tenant, id) => readSamples(client, { tenant, id }, judgingProfile),
  }
}
