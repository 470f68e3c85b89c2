import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Difference } from '#contracts/audit.ts'
import type { Urgency } from '#contracts/changes.ts'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import type { SinkRequest } from '#contracts/sink.ts'
import { createInHand, type InHand } from './in-hand.ts'
import { LiveHistogram } from './live-histogram.ts'
import { createMembers } from './members.ts'
import { type MetricLiteral, plainConfig } from './metrics.ts'
import { pipelineMetrics } from './pipeline-metric-list.ts'
import { retryReason } from './retry-reason.ts'
import { createTenantMetrics, type TenantMetrics } from './tenant-metrics.ts'

/** What became of one recompute. A closed set, because it is a label. */
export type RecomputeOutcome = 'written' | 'overtaken' | 'forwarded' | 'frozen' | 'not_a_call' | 'failed'

/** Which program this is. */
export interface BuildInfo {
  readonly version: string
  /** Of the source, as the repository names it. */
  readonly revision?: string
  readonly node?: string
}

/** What the auditor saw when it looked at a slice of time. */
export interface AuditorLook {
  /** The log's time, epoch milliseconds. */
  readonly atMs: number
  readonly rawRows: number
  readonly countedRows: number
}

/** How old watermarks are, milliseconds. */
export interface WatermarkAges {
  readonly byTenant: ReadonlyMap<string, number>
  /** Of each topic the oldest of its partitions. */
  readonly byTopic: ReadonlyMap<string, number>
}

/** Health of the pipelines. Called once per batch, never per message. */
export interface PipelineMetrics extends TenantMetrics {
  /** After each poll: what was read, and how far behind that is. */
  records(pipeline: string, polled: Polled): void
  batch(pipeline: string, batch: { readonly parked: readonly { readonly reason: string }[] }, seconds: number): void
  /** The rows of these messages are acknowledged, at this log time. */
  stored(pipeline: string, records: readonly LogRecord[], logNowMs: number): void
  committed(pipeline: string, polled: Polled): void
  /** So many partitions are not read, because a store does not take what came from them. */
  paused(pipeline: string, partitions: number): void
  request(request: SinkRequest): void
  /** Acknowledged by a store that takes other than tables: rows, and bytes as they went over the wire. */
  delivered(sink: string, rows: number, bytes: number): void
  /** The same rows again, later; `reason` is of a closed set. */
  resent(sink: string, reason: string): void
  /** Lost for good; a sample of them goes to the dead letters. `reason` is of a closed set. */
  refused(sink: string, reason: string, rows: number): void
  /** Stored, but shortened. */
  cut(sink: string, reason: string, rows: number): void
  retry(pipeline: string, sink: string, cause: Error): void
  /** Refused for good outside a batch: by an edge, or by a recompute. */
  deadLetter(pipeline: string, reason: string, count?: number): void
  conflicts(count: number): void
  recomputed(outcome: RecomputeOutcome, count?: number): void
  dirtyCalls(count: number, oldestSeconds: number): void
  recordsStalled(seconds: number): void
  summaryDelay(urgency: Urgency | 'late', seconds: number): void
  archived(dataClass: string, messages: number): void
  archiveLost(messages: number): void
  auditorDifferences(differences: readonly Pick<Difference, 'kind'>[]): void
  auditorLooked(look: AuditorLook): void
  auditorSwept(sweep: string, seconds: number): void
  watermarks(ages: WatermarkAges): void
  blind(pipeline: string, seconds: number): void
  telemetryDropped(signal: 'spans' | 'logs', count: number): void
  contextMisses(count: number): void
  edge(edge: string, outcome: string, messages: number): void
}

export interface PipelineMetricsOptions {
  readonly registry: Registry
  readonly build: BuildInfo
  readonly tenants: readonly string[]
  readonly maxTenants: number
  /** A steady clock, milliseconds. */
  readonly ticks?: () => number
}

/** Pipeline health under `callscope_pipeline_*`. */
export function createPipelineMetrics(options: PipelineMetricsOptions): PipelineMetrics {
  const { registry, build, ticks = () => performance.now() } = options
  const { version, revision = 'unknown', node = 'unknown' } = build
  const metrics = register(registry)
  metrics.buildInfo.set({ version, revision, node }, 1)
  return {
    ...readingMetrics(registry, ticks),
    ...watermarkMetrics(options, ticks),
    ...createTenantMetrics(options),
    batch(pipeline, { parked }, seconds) {
      metrics.batches.inc({ pipeline })
      metrics.batchSeconds.observe({ pipeline }, seconds)
      for (const [reason, count] of countBy(parked, ({ reason }) => reason))
        metrics.deadLetters.inc({ pipeline, reason }, count)
    },
    paused: (pipeline, partitions) => metrics.pausedPartitions.set({ pipeline }, partitions),
    request({ sink, table, rows, bytes, seconds, outcome }) {
      metrics.sinkRequestSeconds.observe({ sink, table, outcome }, seconds)
      if (outcome !== 'stored') return
      metrics.sinkRows.inc({ sink, table }, rows)
      metrics.sinkBytes.inc({ sink, table }, bytes)
    },
    delivered(sink, rows, bytes) {
      metrics.sinkRows.inc({ sink, table: '' }, rows)
      metrics.sinkBytes.inc({ sink, table: '' }, bytes)
    },
    resent: (sink, reason) => metrics.sinkRetries.inc({ sink, reason }),
    refused: (sink, reason, rows) => metrics.sinkRefused.inc({ sink, reason }, rows),
    cut: (sink, reason, rows) => metrics.sinkCut.inc({ sink, reason }, rows),
    retry: (pipeline, sink, cause) => metrics.retries.inc({ pipeline, sink, reason: retryReason(cause) }),
    deadLetter: (pipeline, reason, count = 1) => metrics.deadLetters.inc({ pipeline, reason }, count),
    conflicts: (count) => metrics.conflicts.inc(count),
    recomputed: (outcome, count = 1) => metrics.recomputes.inc({ outcome }, count),
    dirtyCalls(count, oldestSeconds) {
      metrics.dirtyCalls.set(count)
      metrics.dirtySeconds.set(oldestSeconds)
    },
    recordsStalled: (seconds) => metrics.recordsStalled.set(seconds),
    summaryDelay: (urgency, seconds) => metrics.summaryDelay.observe({ urgency }, seconds),
    archived: (dataClass, messages) => metrics.archivedMessages.inc({ class: dataClass }, messages),
    archiveLost: (messages) => metrics.archiveLost.inc(messages),
    auditorDifferences(differences) {
      for (const [kind, count] of countBy(differences, ({ kind }) => kind))
        metrics.auditorDifferences.inc({ kind }, count)
    },
    auditorLooked({ atMs, rawRows, countedRows }) {
      metrics.auditorLook.set(atMs / 1_000)
      metrics.auditorRows.set({ side: 'raw' }, rawRows)
      metrics.auditorRows.set({ side: 'counted' }, countedRows)
    },
    auditorSwept: (sweep, seconds) => metrics.auditorRound.set({ sweep }, seconds),
    blind: (pipeline, seconds) => metrics.blindSeconds.inc({ pipeline }, seconds),
    telemetryDropped: (signal, count) => metrics.telemetryDropped.inc({ signal }, count),
    contextMisses: (count) => metrics.contextMisses.inc(count),
    edge: (edge, outcome, messages) => metrics.edgeMessages.inc({ edge, outcome }, messages),
  }
}

/** What is read, how far behind that is, and how long it took to store. */
function readingMetrics(
  registry: Registry,
  ticks: () => number,
): Pick<PipelineMetrics, 'records' | 'stored' | 'committed'> {
  const accounts = new Map<string, InHand>()
  const generations = new Map<string, number>()
  const settled = new Map<string, ReturnType<LiveHistogram['series']>>()
  const records = new Counter(plainConfig(pipelineMetrics.records, registry))
  const trimmed = new Counter(plainConfig(pipelineMetrics.trimmed, registry))
  const changes = new Counter(plainConfig(pipelineMetrics.generationChanges, registry))
  const assigned = new Gauge(plainConfig(pipelineMetrics.assignedPartitions, registry))
  const lagMessages = new Gauge(plainConfig(pipelineMetrics.lagMessages, registry))
  const partitionLag = new Gauge(plainConfig(pipelineMetrics.partitionLagMessages, registry))
  const settleSeconds = new LiveHistogram(pipelineMetrics.settleSeconds, registry)
  new Gauge({
    ...plainConfig(pipelineMetrics.lagSeconds, registry),
    collect() {
      for (const [pipeline, account] of accounts)
        for (const [topic, seconds] of account.lagSeconds()) this.set({ pipeline, topic }, seconds)
    },
  })
  new Gauge({
    ...plainConfig(pipelineMetrics.bufferedBytes, registry),
    collect() {
      for (const [pipeline, account] of accounts) this.set({ pipeline }, account.bytes())
    },
  })

  function accountOf(pipeline: string): InHand {
    const known = accounts.get(pipeline) ?? createInHand(ticks)
    accounts.set(pipeline, known)
    return known
  }

  return {
    records(pipeline, polled) {
      accountOf(pipeline).polled(polled)
      for (const [topic, count] of countBy(polled.records, ({ topic }) => topic))
        records.inc({ pipeline, topic }, count)
      for (const { topic, records } of polled.trimmed ?? []) trimmed.inc({ pipeline, topic }, records)
      const before = generations.get(pipeline)
      if (before !== undefined && before !== polled.generation) changes.inc({ pipeline })
      generations.set(pipeline, polled.generation)
      assigned.set({ pipeline }, polled.assignment.length)
      for (const [topic, { sum, most }] of unreadOf(polled)) {
        lagMessages.set({ pipeline, topic }, sum)
        partitionLag.set({ pipeline, topic }, most)
      }
    },
    stored(pipeline, stored, logNowMs) {
      const series = settled.get(pipeline) ?? settleSeconds.series(pipeline)
      settled.set(pipeline, series)
      for (const { logTimeMs } of stored) settleSeconds.add(series, Math.max(0, logNowMs - logTimeMs) / 1_000)
    },
    committed: (pipeline, polled) => accountOf(pipeline).committed(polled),
  }
}

/** Messages not read, of each topic: over all of its partitions, and of the one with the most. */
function unreadOf({ positions }: Polled): ReadonlyMap<string, { readonly sum: number; readonly most: number }> {
  const topics = new Map<string, { sum: number; most: number }>()
  for (const { topic, next, end } of positions) {
    const unread = Math.max(0, end - next)
    const { sum, most } = topics.get(topic) ?? { sum: 0, most: 0 }
    topics.set(topic, { sum: sum + unread, most: Math.max(most, unread) })
  }
  return topics
}

/** Ages go on rising while nobody tells of them: a process that cannot read its watermarks is behind, too. */
function watermarkMetrics(
  { registry, tenants, maxTenants }: PipelineMetricsOptions,
  ticks: () => number,
): Pick<PipelineMetrics, 'watermarks'> {
  const members = createMembers({ known: tenants, limit: maxTenants, learn: true })
  let told: WatermarkAges = { byTenant: new Map(), byTopic: new Map() }
  let at = 0
  const secondsOf = (ageMs: number): number => (ageMs + ticks() - at) / 1_000
  new Gauge({
    ...plainConfig(pipelineMetrics.watermarkAge, registry),
    collect() {
      this.reset()
      const ages = new Map<string, number>()
      for (const [name, ageMs] of told.byTenant) {
        const tenant = members.labelOf(name)
        ages.set(tenant, Math.max(ages.get(tenant) ?? 0, secondsOf(ageMs)))
      }
      for (const [tenant, seconds] of ages) this.set({ tenant }, seconds)
    },
  })
  new Gauge({
    ...plainConfig(pipelineMetrics.partitionWatermarkAge, registry),
    collect() {
      this.reset()
      for (const [topic, ageMs] of told.byTopic) this.set({ topic }, secondsOf(ageMs))
    },
  })
  return {
    watermarks(ages) {
      told = ages
      at = ticks()
    },
  }
}

function register(registry: Registry) {
  const counter = (literal: MetricLiteral) => new Counter(plainConfig(literal, registry))
  const gauge = (literal: MetricLiteral) => new Gauge(plainConfig(literal, registry))
  const histogram = (literal: MetricLiteral) =>
    new Histogram({ ...plainConfig(literal, registry), buckets: [...(literal.buckets ?? [])] })
  return {
    deadLetters: counter(pipelineMetrics.deadLetters),
    batches: counter(pipelineMetrics.batches),
    batchSeconds: histogram(pipelineMetrics.batchSeconds),
    retries: counter(pipelineMetrics.retries),
    sinkRows: counter(pipelineMetrics.sinkRows),
    sinkBytes: counter(pipelineMetrics.sinkBytes),
    sinkRetries: counter(pipelineMetrics.sinkRetries),
    sinkRefused: counter(pipelineMetrics.sinkRefused),
    sinkCut: counter(pipelineMetrics.sinkCut),
    sinkRequestSeconds: histogram(pipelineMetrics.sinkRequestSeconds),
    pausedPartitions: gauge(pipelineMetrics.pausedPartitions),
    conflicts: counter(pipelineMetrics.conflicts),
    recomputes: counter(pipelineMetrics.recomputes),
    dirtyCalls: gauge(pipelineMetrics.dirtyCalls),
    dirtySeconds: gauge(pipelineMetrics.dirtySeconds),
    recordsStalled: gauge(pipelineMetrics.recordsStalled),
    summaryDelay: histogram(pipelineMetrics.summaryDelay),
    archivedMessages: counter(pipelineMetrics.archivedMessages),
    archiveLost: counter(pipelineMetrics.archiveLost),
    auditorDifferences: counter(pipelineMetrics.auditorDifferences),
    auditorRows: gauge(pipelineMetrics.auditorRows),
    auditorLook: gauge(pipelineMetrics.auditorLook),
    auditorRound: gauge(pipelineMetrics.auditorRound),
    blindSeconds: counter(pipelineMetrics.blindSeconds),
    telemetryDropped: counter(pipelineMetrics.telemetryDropped),
    contextMisses: counter(pipelineMetrics.contextMisses),
    edgeMessages: counter(pipelineMetrics.edgeMessages),
    buildInfo: gauge(pipelineMetrics.buildInfo),
  }
}

function countBy<Item>(items: readonly Item[], labelOf: (item: Item) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(labelOf(item), (counts.get(labelOf(item)) ?? 0) + 1)
  return counts
}
