import { collectDefaultMetrics, Registry } from 'prom-client'
import type { QualityProfile } from '#quality/profile.ts'
import { type CallMetrics, createCallMetrics } from './call-metrics.ts'
import { type Exposition, type ExpositionFormat, expose } from './exposition.ts'
import type { FamilyBudgets } from './families.ts'
import { createPipelineMetrics, type PipelineMetrics } from './pipeline-metrics.ts'

export interface PrometheusOptions extends Omit<FamilyBudgets, 'registry'> {
  readonly version: string
  readonly profile?: QualityProfile
  readonly maxStreams?: number
  /** Memory, processor time and event loop of this process (`process_*`, `nodejs_*`). */
  readonly processMetrics?: boolean
}

/** Everything that `/metrics` shows, in one registry of its own. */
export interface Prometheus {
  readonly calls: CallMetrics
  readonly pipelines: PipelineMetrics
  expose(format: ExpositionFormat): Promise<Exposition>
}

export function createPrometheus({ version, processMetrics = false, ...options }: PrometheusOptions): Prometheus {
  const registry = new Registry()
  const calls = createCallMetrics({ ...options, registry })
  const pipelines = createPipelineMetrics(registry, version)
  if (processMetrics) collectDefaultMetrics({ register: registry })
  return { calls, pipelines, expose: (format) => expose(registry, format) }
}
