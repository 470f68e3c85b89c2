import type { ClickHouseClient } from '@clickhouse/client'
import type { Difference } from '#contracts/audit.ts'
import type { TraceBatch, TraceRecompute } from '#contracts/batch-trace.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import type { Registry } from '#contracts/registry.ts'
import { callTopics, topicNames } from '#contracts/topics.ts'
import { type ArchiveParts, archivedTopics } from '#pipelines/archive.ts'
import type { AuditorPace } from '#pipelines/auditor.ts'
import type { PipelineLimits } from '#pipelines/pipeline.ts'
import type { Patience } from '#pipelines/summaries/fold.ts'
import type { SummariesLimits } from '#pipelines/summaries/summaries.ts'
import type { QualityProfile } from '#quality/profile.ts'
import type { Prometheus } from '#sinks/prometheus/prometheus.ts'
import type { WarehouseOptions } from '#warehouse/client.ts'
import type { Archive } from '../archive/open-archive.ts'
import type { RecordHealth } from '../record-health.ts'
import type { TelemetrySinks } from '../stores/telemetry-stores.ts'
import type { Heartbeats } from '../telemetry/heartbeats.ts'
import type { TenantShares } from '../tenant-shares.ts'
import type { WriteHealth } from '../write-health.ts'

/** Every pipeline there is, each a consumer group. A new one is a file in pipelines/ and a line here. */
export const pipelineNames = [
  'calls',
  'evidence',
  'logs',
  'traces',
  'activity',
  'audit',
  'summaries',
  'archive',
] as const
export type PipelineName = (typeof pipelineNames)[number]

/** Those that records are made by. What is archived waits for its window of time, and nobody for it. */
export const isForRecords = (name: PipelineName): boolean => name !== 'archive'

/** Those that write watermarks: a call settles once what they read has passed. */
export const holdsCalls = (name: PipelineName): boolean => name === 'calls' || name === 'evidence'

/** What each group reads: what its lag is asked of. */
export const groupTopics: Readonly<Record<PipelineName, readonly string[]>> = {
  calls: callTopics,
  evidence: [topicNames.appLogs, topicNames.traceSpans],
  logs: [topicNames.appLogs],
  traces: [topicNames.traceSpans],
  activity: [topicNames.chatEvents, topicNames.presenceEvents],
  audit: [topicNames.auditEvents],
  summaries: [topicNames.callChanges, topicNames.callChangesBulk],
  archive: archivedTopics,
}

export interface ComposeParts {
  /** Those of this process; without it all of them. */
  readonly pipelines?: readonly PipelineName[]
  readonly log: EventLog
  readonly registry: Registry
  readonly prometheus: Prometheus
  /** A connection of its own for every pipeline's inserts and for each kind of reader: they must not wait for each other. */
  readonly connect: (limits?: Pick<WarehouseOptions, 'maxQueryMs'>) => Promise<ClickHouseClient>
  /** Where log lines and spans go, where that is not the warehouse. */
  readonly telemetrySinks?: TelemetrySinks
  readonly tenants: () => ReadonlySet<string>
  /** Looks for tenants that were added since; true: there are. */
  readonly newTenants?: () => Promise<boolean>
  /** Without it nothing is archived. */
  readonly archive?: Archive
  readonly topicTenant?: (topic: string) => string | undefined
  readonly windows: TimeWindows
  readonly patience: Patience
  /** What decode steps store of persons; without it parties as sent, free text scrubbed. */
  readonly privacy?: Privacy
  /** Erasures alone, for what summaries read of raw. */
  readonly forgetting?: Privacy
  /** Erasures in messages as they were sent: for what is archived, and for the bodies of dead letters. */
  readonly messages?: NonNullable<ArchiveParts['forgetting']>
  /** The tenant's quality profile that holds at a moment, epoch milliseconds; without it the default for everybody. */
  readonly profileOf?: (tenant: string, atMs: number) => QualityProfile
  /** Reads profiles again. */
  readonly refreshProfiles?: () => Promise<void>
  readonly watermarkLagMs?: number
  readonly limits?: Partial<PipelineLimits>
  /** Told of what waits of each tenant; without it any tenant may send as much as is taken. */
  readonly shares?: Pick<TenantShares, 'committed' | 'paused' | 'overdue' | 'computed'>
  /** Notes whether the stores take what they are given. */
  readonly writes?: Pick<WriteHealth, 'watchSink'>
  /** Notes whether calls that wait come to an end. */
  readonly records?: Pick<RecordHealth, 'look'>
  readonly pace?: Partial<SummariesLimits>
  /** Messages below these offsets were counted before (by `topic/partition`): they feed stores, and no live metrics. */
  readonly quietBelow?: ReadonlyMap<string, number>
  /** The log's present time, epoch milliseconds. */
  readonly logNow: () => number
  /**
   * Nothing has waited to be computed for longer than two looks are apart, anywhere, and it is for this process to look: of
   * several workers one. Without it this process is alone, and looks when nothing waits at all.
   */
  readonly mayAudit?: (owns: (shard: number) => boolean) => Promise<boolean>
  readonly auditorPace?: Partial<AuditorPace>
  readonly onDifferences?: (differences: readonly Difference[]) => void
  /** Traces of batches, for the operator. */
  readonly trace?: TraceBatch
  readonly traceRecompute?: TraceRecompute
  /** Notes when pipelines were looking. */
  readonly heartbeats?: Pick<Heartbeats, 'polled'>
  /** A message has met a fault of this program and became a dead letter; where in the source. */
  readonly onFault?: (pipeline: string, where: string) => void
  readonly onRetry: (what: string, cause: Error) => void
}
