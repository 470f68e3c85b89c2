import type { ClickHouseClient } from '@clickhouse/client'
import type { Difference } from '#contracts/audit.ts'
import type { EventLog, LogRecord } from '#contracts/event-log.ts'
import type { TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import type { Registry } from '#contracts/registry.ts'
import { memberText } from '#contracts/summaries.ts'
import { createAuditPipeline } from '#pipelines/audit.ts'
import { type AuditorPace, createAuditor } from '#pipelines/auditor.ts'
import { createCallsPipeline, type PipelineRoom } from '#pipelines/calls.ts'
import { createEvidencePipeline } from '#pipelines/evidence.ts'
import type { Pipeline, PipelineLimits } from '#pipelines/pipeline.ts'
import { forgettingInputs } from '#pipelines/privacy/forgetting-inputs.ts'
import { createConflictWatch } from '#pipelines/steps/conflicts.ts'
import { createCorrelate } from '#pipelines/steps/correlate.ts'
import { createLinkMemory } from '#pipelines/steps/links-memory.ts'
import { createRefuseFrozen } from '#pipelines/steps/refuse-frozen.ts'
import { resolveComponents } from '#pipelines/summaries/components.ts'
import type { Patience } from '#pipelines/summaries/fold.ts'
import { foldAgain, type RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { createSummaries, defaultSummariesLimits, type SummariesLimits } from '#pipelines/summaries/summaries.ts'
import { createLogsPipeline, createTracesPipeline } from '#pipelines/telemetry.ts'
import { withOverrides } from '#quality/codecs.ts'
import { worstOf } from '#quality/interval-thresholds.ts'
import { defaultProfile, type QualityProfile } from '#quality/profile.ts'
import { createIntervalScorer } from '#quality/score-interval.ts'
import { scoringLayers } from '#quality/score-interval-sql.ts'
import { formulaVersion } from '#quality/version.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import type { Prometheus } from '#sinks/prometheus/prometheus.ts'
import { createAuditReader } from '#warehouse/audit/audit-reader.ts'
import type { WarehouseOptions } from '#warehouse/client.ts'
import { createContextReader } from '#warehouse/read/call-contexts.ts'
import { createCallInputs } from '#warehouse/summaries/call-inputs.ts'
import { createCallWriter } from '#warehouse/summaries/call-writer.ts'
import { isRawEmpty, takeCensus } from '#warehouse/summaries/census.ts'
import { createDueReader } from '#warehouse/summaries/due-reader.ts'
import { createFrozenCheck } from '#warehouse/summaries/frozen-check.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { neverFrozenMs } from '#warehouse/summaries/minute-keys.ts'
import { createMinuteStore, type Scoring } from '#warehouse/summaries/minute-store.ts'
import { giveUpOn } from './give-up.ts'
import { liveScore } from './live-score.ts'
import type { WriteHealth } from './write-health.ts'

export interface ComposeParts {
  readonly log: EventLog
  readonly registry: Registry
  readonly prometheus: Prometheus
  /** A connection of its own for every pipeline's inserts and for each kind of reader: they must not wait for each other. */
  readonly connect: (limits?: Pick<WarehouseOptions, 'maxQueryMs'>) => Promise<ClickHouseClient>
  readonly tenants: () => ReadonlySet<string>
  readonly topicTenant?: (topic: string) => string | undefined
  readonly windows: TimeWindows
  readonly patience: Patience
  /** What decode steps store of persons; without it parties as sent, free text scrubbed. */
  readonly privacy?: Privacy
  /** Erasures alone, for what summaries read of raw. */
  readonly forgetting?: Privacy
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
  readonly auditorPace?: Partial<AuditorPace>
  readonly onDifferences?: (differences: readonly Difference[]) => void
  readonly onRetry: (what: string, cause: Error) => void
}

/** Bundles of links remembered as stored: about 250 bytes each. */
const linkMemorySize = 400_000

/** All pipelines of one process, wired and not yet running, and the connections to close after them. */
export async function composePipelines(parts: ComposeParts) {
  const connections: ClickHouseClient[] = []
  const connect = async (limits?: Pick<WarehouseOptions, 'maxQueryMs'>) => {
    const client = await parts.connect(limits)
    connections.push(client)
    return client
  }
  const inserts = await connect()
  const reads = await connect()
  const telemetryInserts = await connect()
  const room = roomOf(parts, inserts)
  // A room each: a table that takes nothing is told of, however well the others on that connection are stored.
  const telemetryRoom = () => roomOf(parts, telemetryInserts)
  // Its own connection: a flood of logs must delay no call.
  const evidenceRoom = roomOf(parts, await connect())
  const pipelines: readonly Pipeline[] = [
    callsPipeline(parts, room, reads),
    createEvidencePipeline({
      ...evidenceRoom,
      watermarks: parts.registry.watermarks,
      linkMemory: createLinkMemory({ max: linkMemorySize / 4 }),
    }),
    createLogsPipeline(telemetryRoom()),
    createTracesPipeline(telemetryRoom()),
    createAuditPipeline(telemetryRoom()),
  ]
  const auditing = await connect()
  const { budgetMs } = { ...defaultSummariesLimits, ...parts.pace }
  const all = [
    ...pipelines,
    summariesOf(parts, {
      client: await connect({ maxQueryMs: budgetMs }),
      beside: await connect({ maxQueryMs: budgetMs }),
      due: await connect({ maxQueryMs: budgetMs }),
      // The auditor waits until there is no backlog: it has no use for its connection while a census is taken.
      counting: auditing,
      rawWasEmpty: await isRawEmpty(reads),
    }),
  ]
  const auditor = createAuditor({
    reader: createAuditReader(auditing),
    foldAgain: (members, logNowMs) => foldAgain(members, logNowMs, recomputeParts(parts, auditing)),
    log: parts.log,
    writer: createCallWriter(auditing),
    idle: () => all.every((pipeline) => pipeline.idle()),
    logNow: parts.logNow,
    found(differences) {
      parts.prometheus.pipelines.auditorDifferences(differences.length)
      parts.onDifferences?.(differences)
    },
    ...(parts.auditorPace === undefined ? {} : { pace: parts.auditorPace }),
  })
  return {
    pipelines: all,
    auditor,
    async close() {
      for (const connection of connections) await connection.close()
    },
  }
}

function roomOf(parts: ComposeParts, client: ClickHouseClient): PipelineRoom {
  const sink = createRawSink({ client })
  const { log, windows, tenants, topicTenant, watermarkLagMs, limits, prometheus } = parts
  return {
    log,
    windows,
    tenants,
    ...(topicTenant === undefined ? {} : { topicTenant }),
    ...(watermarkLagMs === undefined ? {} : { watermarkLagMs }),
    ...(limits === undefined ? {} : { limits }),
    ...(parts.privacy === undefined ? {} : { privacy: parts.privacy }),
    sink: parts.writes?.watchSink('warehouse', sink) ?? sink,
    deadLetter: deadLetters,
    observer: {
      records: prometheus.pipelines.records,
      batch: prometheus.pipelines.batch,
      retry(pipeline, sink, cause) {
        prometheus.pipelines.retry(pipeline, sink, cause)
        parts.onRetry(`${pipeline} -> ${sink}`, cause)
      },
    },
  }
}

function callsPipeline(parts: ComposeParts, room: PipelineRoom, reads: ClickHouseClient): Pipeline {
  const { registry, prometheus, profileOf = () => defaultProfile } = parts
  const isNew = ({ topic, partition, offset }: LogRecord) =>
    offset >= (parts.quietBelow?.get(`${topic}/${partition}`) ?? 0)
  return createCallsPipeline({
    ...room,
    watermarks: registry.watermarks,
    linkMemory: createLinkMemory({ max: linkMemorySize }),
    refuseFrozen: createRefuseFrozen({
      check: createFrozenCheck(reads),
      neverFrozenMs,
    }),
    worstOf: liveScore((tenant, atMs) => scorerBy(profileOf(tenant, atMs)), worstOf),
    watchConflicts: createConflictWatch({ isNew, found: prometheus.pipelines.conflicts }),
    live: createCorrelate({
      isNew,
      contexts: createContextReader(reads),
      observe: prometheus.calls.observe,
      missed: prometheus.pipelines.contextMisses,
    }),
  })
}

/** A profile never changes: its SQL is made once, and one profile always gives the same value. */
const scorings = new WeakMap<QualityProfile, Scoring>()

function scoringBy(profile: QualityProfile): Scoring {
  const known = scorings.get(profile)
  if (known !== undefined) return known
  const scoring: Scoring = {
    layers: scoringLayers(profile),
    codecRows: withOverrides(profile.codecs),
    formulaVersion,
    profileVersion: profile.version,
  }
  scorings.set(profile, scoring)
  return scoring
}

const scorers = new WeakMap<QualityProfile, ReturnType<typeof createIntervalScorer>>()

function scorerBy(profile: QualityProfile): ReturnType<typeof createIntervalScorer> {
  const known = scorers.get(profile) ?? createIntervalScorer(profile)
  scorers.set(profile, known)
  return known
}

/** What a recompute reads and writes, on one connection. */
export function recomputeParts(
  {
    registry,
    patience,
    forgetting,
    profileOf = () => defaultProfile,
  }: Pick<ComposeParts, 'registry' | 'patience' | 'profileOf' | 'forgetting'>,
  client: ClickHouseClient,
): RecomputeParts {
  const inputs = createCallInputs(client)
  return {
    versions: registry.versions,
    watermarks: registry.watermarks,
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

/** Imports, and the past judged anew, are no calls that end now: they would look like a flood of them. */
const endedRecentlyMs = 86_400_000

async function* nothing(): AsyncGenerator<never> {}

interface SummariesConnections {
  /** Cuts off queries that take longer than the budget of a recompute. */
  readonly client: ClickHouseClient
  readonly beside: ClickHouseClient
  /** The loop that reads and commits waits for this one, and must not wait for a lane. */
  readonly due: ClickHouseClient
  readonly counting: ClickHouseClient
  readonly rawWasEmpty: boolean
}

function summariesOf(
  parts: ComposeParts,
  { client, beside, due, counting, rawWasEmpty }: SummariesConnections,
): Pipeline {
  const { log, prometheus, pace } = parts
  const recompute = recomputeParts(parts, client)
  return createSummaries({
    ...recompute,
    beside: recomputeParts(parts, beside),
    log,
    due: createDueReader(due),
    // What comes into an empty warehouse is announced in the log from its first message: there is nothing to count.
    census: (owns) => (rawWasEmpty ? nothing() : takeCensus(counting, owns)),
    giveUp: giveUpOn({
      ...recompute,
      log,
      logNow: parts.logNow,
      componentsOf: async (change) => (await resolveComponents([change], recompute)).get(memberText(change)) ?? [],
    }),
    ...(pace === undefined ? {} : { pace }),
    observer: {
      recomputed(rows) {
        prometheus.pipelines.recomputed('written', rows.length)
        const sinceMs = parts.logNow() - endedRecentlyMs
        for (const { record } of rows) {
          if (record.state === 'settled' && (record.endedMs ?? 0) >= sinceMs) {
            prometheus.calls.ended({ ...record, class: record.verdict.class })
          }
        }
      },
      backlog(size, oldestAgeMs) {
        prometheus.pipelines.dirtyCalls(size)
        prometheus.pipelines.summaryDelay('running', oldestAgeMs / 1_000)
      },
      retry: (cause) => parts.onRetry('summaries', cause),
    },
  })
}
