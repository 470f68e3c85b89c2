import { defaultWindows, type TimeWindows } from '#contracts/pipeline.ts'
import type { Config } from './config.ts'

const dayMs = 86_400_000

/** How long rows are kept and which event times are taken, by tenant: one answer for edges and pipelines. */
export const windowsOf = ({ retentionDays, tenants }: Pick<Config, 'retentionDays' | 'tenants'>): TimeWindows => ({
  ...windowsOfDays(retentionDays),
  byTenant: new Map(
    tenants.flatMap((tenant) =>
      tenant.retentionDays === undefined ? [] : [[tenant.id, windowsOfDays(tenant.retentionDays)] as const],
    ),
  ),
})

const windowsOfDays = (retentionDays: number): TimeWindows => ({
  ...defaultWindows,
  retentionMs: retentionDays * dayMs,
  // A live event must not be older than raw is kept, less the two days for which rows are frozen.
  maxAgeMs: Math.min(defaultWindows.maxAgeMs, (retentionDays - 2) * dayMs),
})

/** Of all tenants': what announcements and dead letters must outlive. */
export const longestRetentionMs = ({ retentionDays, tenants }: Pick<Config, 'retentionDays' | 'tenants'>): number =>
  Math.max(retentionDays, ...tenants.map((tenant) => tenant.retentionDays ?? 0)) * dayMs
