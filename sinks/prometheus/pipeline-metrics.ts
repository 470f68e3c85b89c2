import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Urgency } from '#contracts/changes.ts'
import type { Polled } from '#contracts/event-log.ts'
import { type MetricLiteral, pipelineMetrics, plainConfig } from './metrics.ts'

/** What became of one recompute. A closed set, because it is a label. */
export type RecomputeOutcome = 'written' | 'overtaken' | 'forwarded' | 'frozen' | 'not_a_call' | 'failed'

/** Health of the pipelines. Called once per batch, never per message. */
export interface PipelineMetrics {
  /** After each poll: what was read, and how far behind that is. */
  records(pipeline: string, polled: Polled): void
  batch(pipeline: string, batch: { readonly parked: readonly { readonly reason: string }[] }, seconds: number): void
  retry(pipeline: string, sink: string, cause: Error): void
  /** Refused for good outside a batch: by an edge, or by a recompute. */
  deadLetter(pipeline: string, reason: string, count?: number): void
  conflicts(count: number): void
  recomputed(outcome: RecomputeOutcome, count?: number): void
  dirtyCalls(count: number): void
  summaryDelay(urgency: Urgency, seconds: number): void
  auditorDifferences(count: number): void
  contextMisses(count: number): void
  edge(edge: string, outcome: string, messages: number): void
}

/** Pipeline health under `callscope_pipeline_*`. */
export function createPipelineMetrics(registry: Registry, version: string): PipelineMetrics {
  const metrics = register(registry)
  metrics.buildInfo.set({ version }, 1)
  return {
    records(pipeline, polled) {
      for (const [topic, count] of countBy(polled.records, ({ topic }) => topic))
        metrics.records.inc({ pipeline, topic }, count)
      metrics.lagMessages.set(
        { pipeline },
        polled.positions.reduce((sum, { next, end }) => sum + Math.max(0, end - next), 0),
      )
      metrics.lagSeconds.set({ pipeline }, oldestAgeSeconds(polled))
    },
    batch(pipeline, { parked }, seconds) {
      metrics.batches.inc({ pipeline })
      metrics.batchSeconds.observe({ pipeline }, seconds)
      for (const [reason, count] of countBy(parked, ({ reason }) => reason))
        metrics.deadLetters.inc({ pipeline, reason }, count)
    },
    retry: (pipeline, sink, cause) => metrics.retries.inc({ pipeline, sink, reason: retryReason(cause) }),
    deadLetter: (pipeline, reason, count = 1) => metrics.deadLetters.inc({ pipeline, reason }, count),
    conflicts: (count) => metrics.conflicts.inc(count),
    recomputed: (outcome, count = 1) => metrics.recomputes.inc({ outcome }, count),
    dirtyCalls: (count) => metrics.dirtyCalls.set(count),
    summaryDelay: (urgency, seconds) => metrics.summaryDelay.observe({ urgency }, seconds),
    auditorDifferences: (count) => metrics.auditorDifferences.inc(count),
    contextMisses: (count) => metrics.contextMisses.inc(count),
    edge: (edge, outcome, messages) => metrics.edgeMessages.inc({ edge, outcome }, messages),
  }
}

function register(registry: Registry) {
  const counter = (literal: MetricLiteral) => new Counter(plainConfig(literal, registry))
  const gauge = (literal: MetricLiteral) => new Gauge(plainConfig(literal, registry))
  const histogram = (literal: MetricLiteral) =>
    new Histogram({ ...plainConfig(literal, registry), buckets: [...(literal.buckets ?? [])] })
  return {
    records: counter(pipelineMetrics.records),
    deadLetters: counter(pipelineMetrics.deadLetters),
    batches: counter(pipelineMetrics.batches),
    batchSeconds: histogram(pipelineMetrics.batchSeconds),
    retries: counter(pipelineMetrics.retries),
    lagMessages: gauge(pipelineMetrics.lagMessages),
    lagSeconds: gauge(pipelineMetrics.lagSeconds),
    conflicts: counter(pipelineMetrics.conflicts),
    recomputes: counter(pipelineMetrics.recomputes),
    dirtyCalls: gauge(pipelineMetrics.dirtyCalls),
    summaryDelay: histogram(pipelineMetrics.summaryDelay),
    auditorDifferences: counter(pipelineMetrics.auditorDifferences),
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

/** By the log's own times, so that no clock of ours can say that a pipeline lags. */
function oldestAgeSeconds({ records, logNowMs }: Polled): number {
  const oldest = records.reduce((least, { logTimeMs }) => Math.min(least, logTimeMs), logNowMs)
  return (logNowMs - oldest) / 1_000
}

/** Why a store did not take a batch. Messages of errors hold addresses and values: they are no labels. */
function retryReason(cause: Error & { readonly code?: unknown }): 'timeout' | 'unreachable' | 'store_error' {
  if (cause.name === 'TimeoutError' || cause.name === 'AbortError') return 'timeout'
  const code = typeof cause.code === 'string' ? cause.code : ''
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') return 'timeout'
  return /^(ECONN|ENOTFOUND|EAI_|EPIPE|EHOST|ENET|UND_ERR_)/.test(code) ? 'unreachable' : 'store_error'
}
