import { collectDefaultMetrics, Registry } from 'prom-client'
import type { TenantScope } from '#contracts/warehouse.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { type AccessMetrics, createAccessMetrics } from './access-metrics.ts'
import { type ActivityMetrics, createActivityMetrics } from './activity-metrics.ts'
import { type CallMetrics, createCallMetrics, defaultMaxTenants } from './call-metrics.ts'
import { type Exposition, type ExpositionFormat, expose } from './exposition.ts'
import type { FamilyBudgets } from './families.ts'
import { type BuildInfo, createPipelineMetrics, type PipelineMetrics } from './pipeline-metrics.ts'

export interface PrometheusOptions extends Omit<FamilyBudgets, 'registry'>, BuildInfo {
  readonly profile?: QualityProfile
  readonly maxStreams?: number
  /** A steady clock, milliseconds. */
  readonly ticks?: () => number
  /** Memory, processor time and event loop of this process (`process_*`, `nodejs_*`). */
  readonly processMetrics?: boolean
}

/** Everything that `/metrics` shows, in one registry of its own. */
export interface Prometheus {
  readonly calls: CallMetrics
  readonly pipelines: PipelineMetrics
  readonly activity: ActivityMetrics
  readonly access: AccessMetrics
  /** Tenants undefined: everything. Else the series of these alone, without exemplars. */
  expose(format: ExpositionFormat, tenants?: TenantScope): Promise<Exposition>
}

export function createPrometheus({ processMetrics = false, ...options }: PrometheusOptions): Prometheus {
  const registry = new Registry()
  const { maxTenants = defaultMaxTenants } = options
  const calls = createCallMetrics({ ...options, registry })
  const pipelines = createPipelineMetrics({ ...options, registry, build: options, maxTenants })
  const activity = createActivityMetrics({ ...options, registry, maxTenants })
  const access = createAccessMetrics(registry)
  if (processMetrics) collectDefaultMetrics({ register: registry })
  return { calls, pipelines, activity, access, expose: (format, tenants) => expose(registry, format, tenants) }
}
