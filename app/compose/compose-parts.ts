import type { ClickHouseClient } from '@clickhouse/client'
import type { Difference } from '#contracts/audit.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { TimeWindows } from '#contracts/pipeline.ts'
import type { Registry } from '#contracts/registry.ts'
import type { AuditorPace } from '#pipelines/auditor.ts'
import type { PipelineLimits } from '#pipelines/pipeline.ts'
import type { Patience } from '#pipelines/summaries/fold.ts'
import type { SummariesLimits } from '#pipelines/summaries/summaries.ts'
import type { QualityProfile } from '#quality/profile.ts'
import type { Prometheus } from '#sinks/prometheus/prometheus.ts'
import type { WarehouseOptions } from '#warehouse/client.ts'
import type { Archive } from '../archive/open-archive.ts'
import type { WriteHealth } from '../write-health.ts'

/** Every pipeline there is, each a consumer group. A new one is a file in pipelines/ and a line here. */
export const pipelineNames = ['calls', 'evidence', 'logs', 'traces', 'audit', 'summaries', 'archive'] as const
export type PipelineName = (typeof pipelineNames)[number]

/** Those that records are made by. What is archived waits for its window of time, and nobody for it. */
export const isForRecords = (name: PipelineName): boolean => name !== 'archive'

export interface ComposeParts {
  /** Those of this process; without it all of them. */
  readonly pipelines?: readonly PipelineName[]
  readonly log: EventLog
  readonly registry: Registry
  readonly prometheus: Prometheus
  /** A connection of its own for every pipeline's inserts and for each kind of reader: they must not wait for each other. */
  readonly connect: (limits?: Pick<WarehouseOptions, 'maxQueryMs'>) => Promise<ClickHouseClient>
  readonly tenants: () => ReadonlySet<string>
  /** Without it nothing is archived. */
  readonly archive?: Archive
  readonly topicTenant?: (topic: string) => string | undefined
  readonly windows: TimeWindows
  readonly patience: Patience
  /** The tenant's quality profile that holds at a moment, epoch milliseconds; without it the default for everybody. */
  readonly profileOf?: (tenant: string, atMs: number) => QualityProfile
  readonly watermarkLagMs?: number
  readonly limits?: Partial<PipelineLimits>
  /** Notes whether the stores take what they are given. */
  readonly writes?: Pick<WriteHealth, 'watchSink'>
  readonly pace?: Partial<SummariesLimits>
  /** Messages below these offsets were counted before (by `topic/partition`): they feed stores, and no live metrics. */
  readonly quietBelow?: ReadonlyMap<string, number>
  /** The log's present time, epoch milliseconds. */
  readonly logNow: () => number
  /**
   * Nothing waits to be computed, anywhere, and it is for this process to look: of several workers one. Without it this
   * process is alone.
   */
  readonly mayAudit?: (owns: (shard: number) => boolean) => Promise<boolean>
  readonly auditorPace?: Partial<AuditorPace>
  readonly onDifferences?: (differences: readonly Difference[]) => void
  readonly onRetry: (what: string, cause: Error) => void
}
