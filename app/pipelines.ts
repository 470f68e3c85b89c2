import type { ClickHouseClient } from '@clickhouse/client'
import type { EventLog } from '#contracts/event-log.ts'
import type { Registry } from '#contracts/registry.ts'
import { shardCount } from '#contracts/topics.ts'
import { pause } from '#pipelines/pause.ts'
import { type Pipeline, serverLingerMs } from '#pipelines/pipeline.ts'
import type { TenantRules } from '#pipelines/steps/cloud-event-tenant.ts'
import { defaultPatience, type Patience } from '#pipelines/summaries/fold.ts'
import type { Prometheus } from '#sinks/prometheus/prometheus.ts'
import { rowsOf, type WarehouseOptions } from '#warehouse/client.ts'
import { createHeartbeatStore } from '#warehouse/heartbeats.ts'
import { countOpenCalls } from '#warehouse/read/open-calls.ts'
import type { Archive } from './archive/open-archive.ts'
import type { Expiry } from './clock/stop-expiry.ts'
import { groupTopics, holdsCalls, isForRecords, type PipelineName, pipelineNames } from './compose/compose-parts.ts'
import { type Composed, type ComposeParts, composePipelines } from './compose-pipelines.ts'
import type { EngineParts } from './engine.ts'
import { createGonePartitions } from './jobs/gone-partitions.ts'
import { closeAbandonedRuns } from './jobs/hold.ts'
import { createUnreadTopics } from './jobs/unread-topics.ts'
import type { Logger } from './logger.ts'
import type { PrivacyRoom } from './privacy/open-privacy.ts'
import type { ProfileCache } from './profiles/profile-cache.ts'
import type { RecordHealth } from './record-health.ts'
import { rewindAfterUncleanStop } from './rewind.ts'
import type { OpenLog } from './stores/open-log.ts'
import { telemetrySinks } from './stores/telemetry-stores.ts'
import { isShared } from './stores/where.ts'
import { createHeartbeats } from './telemetry/heartbeats.ts'
import { tellOfItself } from './telemetry/own-health.ts'
import { createRepeatedWarnings, type RepeatedWarnings } from './telemetry/repeated-warnings.ts'
import { instanceId } from './telemetry/tracing.ts'
import { createTenantCache } from './tenant-cache.ts'
import type { TenantShares } from './tenant-shares.ts'
import { windowsOf } from './windows.ts'
import type { WriteHealth } from './write-health.ts'

export interface PipelinesParts extends EngineParts {
  readonly log: EventLog
  readonly watch: Omit<OpenLog, 'log'>
  readonly registry: Registry
  readonly metrics: Prometheus
  readonly writes?: WriteHealth
  readonly records?: RecordHealth
  /** Told of what waits of each tenant. */
  readonly shares?: TenantShares | undefined
  /** Without it every tenant is judged by the default. */
  readonly profiles?: ProfileCache
  /** Without it parties are stored as sent, free text is scrubbed, and nobody is forgotten. */
  readonly privacy?: PrivacyRoom
  /** A new connection to the warehouse, closed with the engine. Parts that must not wait for each other take their own. */
  connect(limits?: Pick<WarehouseOptions, 'maxQueryMs'>): Promise<ClickHouseClient>
  /** Of an embedded warehouse. */
  readonly expiry?: Expiry
  /** Writes down for the next process where the clock stands. */
  readonly keepClock?: () => void
  /** Whether the machine's clock is believed now. */
  readonly isSure?: () => boolean
  /** Without it nothing is archived. */
  readonly archive?: Archive | undefined
  /** Those of this process; without it all of them. */
  readonly pipelines?: readonly PipelineName[]
  /** Tests shorten these. */
  readonly tuning?: Pick<ComposeParts, 'limits' | 'pace' | 'watermarkLagMs'>
}

export interface RunningPipelines {
  /** Resolves when all that was in the log has been dealt with, down to the last call record; rejects when a pipeline cannot go on. */
  drained(): Promise<void>
  /** Resolves only when a pipeline cannot go on: the process should then stop, and say why. */
  readonly failed: Promise<Error>
  /** Takes messages of tenants that were added just now. */
  refreshTenants(): Promise<void>
  /** Finishes what is in hand, commits, and lets go. */
  stop(): Promise<void>
}

/** Starts every pipeline of this process. */
export async function startPipelines(parts: PipelinesParts): Promise<RunningPipelines> {
  const { config, log, registry, metrics, logger } = parts
  // Beats, looks and ages are told by the log's time: a clock that is set would show hours in which nobody looked.
  const logNow = parts.watch.nowMs ?? parts.clock
  const groups = (parts.pipelines ?? pipelineNames).filter(isForRecords)
  await closeAbandonedRuns(registry, parts.clock, isShared(config))
  const quietBelow = await rewindIfUnclean(parts)
  const tenants = await createTenantCache(registry.tenants)
  await registry.versions.raiseAbove(await greatestVersion(parts))
  const warnAgain = createRepeatedWarnings({ logger })
  const heartbeats = createHeartbeats({ worker: instanceId, blind: metrics.pipelines.blind })
  const { batch: trace, recompute: traceRecompute } = parts.telemetry?.tracing ?? {}
  const rules: Required<TenantRules> = {
    tenants: tenants.known,
    topicTenant: (topic) => (config.topicTenants as Readonly<Record<string, string | undefined>>)[topic],
  }
  const composed = await composePipelines({
    ...{ log, registry, prometheus: metrics, connect: parts.connect, quietBelow, ...rules },
    newTenants: tenants.learn,
    ...givenOf(parts, rules),
    telemetrySinks: telemetrySinks(config, metrics.pipelines, parts.clock),
    mayAudit: (owns) => mayAudit(parts.watch, owns),
    windows: windowsOf(config),
    patience: patienceOf(config),
    ...parts.tuning,
    heartbeats,
    ...(trace === undefined ? {} : { trace }),
    limits: { ...(config.clickhouse.url === undefined ? {} : { lingerMs: serverLingerMs }), ...parts.tuning?.limits },
    ...(traceRecompute === undefined ? {} : { traceRecompute }),
    pace: { budgetMs: config.summaries.budgetSeconds * 1_000, ...parts.tuning?.pace },
    logNow,
    ...complaintsTo(logger, warnAgain),
  })
  const stopping = new AbortController()
  const running = runAll(composed.pipelines, logger, stopping.signal)
  const auditing = audit(composed, logger, stopping.signal)
  const beating = heartbeats.run(createHeartbeatStore(await parts.connect()), logNow, stopping.signal)
  const chores = doChores({ ...parts, clock: logNow, owns: composed.owns, warnAgain }, tenants.refresh, stopping.signal)

  return {
    failed: running.failed,
    refreshTenants: tenants.refresh,
    async drained() {
      for (;;) {
        running.throwFailure()
        // In the order of the flow: what the sources have committed they have announced before.
        if (!(await isBehind(parts.watch, groups)) && composed.pipelines.every((pipeline) => pipeline.idle())) return
        await pause(50, stopping.signal)
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all([running.ended, chores, auditing, beating])
      running.throwFailure()
    },
  }
}

/** What a process may do without, where it has it. */
const givenOf = (
  { pipelines, archive, writes, records, shares, profiles, privacy }: PipelinesParts,
  rules: TenantRules,
) => ({
  ...(shares === undefined ? {} : { shares }),
  ...(pipelines === undefined ? {} : { pipelines }),
  ...(archive === undefined ? {} : { archive }),
  ...(writes === undefined ? {} : { writes }),
  ...(records === undefined ? {} : { records }),
  ...(profiles === undefined ? {} : { profileOf: profiles.profileOf, refreshProfiles: profiles.refresh }),
  ...(privacy === undefined ? {} : forgettingOf(privacy, rules)),
})

const patienceOf = ({ summaries }: PipelinesParts['config']): Patience => ({
  ...defaultPatience,
  settleMs: summaries.settleSeconds * 1_000,
  silenceMs: summaries.silenceSeconds * 1_000,
})

const complaintsTo = (
  logger: Logger,
  warnAgain: RepeatedWarnings,
): Pick<ComposeParts, 'onDifferences' | 'onFault' | 'onRetry'> => ({
  onDifferences: (differences) =>
    logger.error(
      { differences: differences.length },
      'the auditor found derived rows that do not follow from raw; they are computed again',
    ),
  onFault: (pipeline, where) =>
    warnAgain({ pipeline, where }, 'a message met a fault of this program and is a dead letter; please report it'),
  onRetry: (what, cause) => warnAgain({ what }, 'a store did not take what it was given; trying again', cause.message),
})

/** Calls go on without the auditor. */
async function audit({ auditor }: Composed, logger: Logger, signal: AbortSignal): Promise<void> {
  try {
    await auditor.run(signal)
  } catch (error) {
    logger.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'the auditor stopped')
  }
}

/** All pipelines at once. One that cannot go on is told of, and leaves the others alone until somebody stops them. */
function runAll(pipelines: readonly Pipeline[], logger: Logger, signal: AbortSignal) {
  let failure: unknown
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const ended = pipelines.map(async (pipeline) => {
    try {
      await pipeline.run(signal)
    } catch (error) {
      failure ??= error
      fail(error instanceof Error ? error : new Error(String(error)))
      logger.fatal(
        { pipeline: pipeline.name, cause: error instanceof Error ? error.message : 'unknown' },
        'a pipeline cannot go on',
      )
    }
  })
  return {
    failed,
    ended: Promise.all(ended),
    throwFailure(): void {
      if (failure !== undefined) throw failure
    },
  }
}

const forgettingOf = ({ privacy, forgetting, messages, erasedUntil }: PrivacyRoom, rules: TenantRules) => ({
  ...{ privacy, forgetting },
  messages: { forget: messages(rules), until: erasedUntil },
})

/** One worker of several looks: the owner of the first shard. What others have not dealt with would look like a difference. */
async function mayAudit(watch: PipelinesParts['watch'], owns: (shard: number) => boolean): Promise<boolean> {
  if (!owns(0)) return false
  for (const group of ['calls', 'evidence', 'summaries']) {
    const behind = await watch.lag(group)
    if (behind.some(({ lag, seconds }) => lag > 0 && (seconds === undefined || seconds > arrearsSeconds))) return false
  }
  return true
}

/**
 * While calls go on something always waits: running figures for up to half a minute. What waits no longer than this is dealt
 * with before the auditor looks again, and only what two looks have seen alike is a difference.
 */
const arrearsSeconds = 45

async function isBehind(watch: PipelinesParts['watch'], groups: readonly string[]): Promise<boolean> {
  for (const group of groups) if ((await watch.lag(group)).some(({ lag }) => lag > 0)) return true
  return false
}

/** Only stores of our own, on this machine's disk, can have lost what they had acknowledged. */
async function rewindIfUnclean({ watch, config, logger }: PipelinesParts): Promise<ReadonlyMap<string, number>> {
  if (watch.embedded === undefined || config.clickhouse.url !== undefined) return new Map()
  return rewindAfterUncleanStop(watch.embedded, pipelineNames.filter(isForRecords), config.durability, logger)
}

async function greatestVersion({ connect }: PipelinesParts): Promise<number> {
  const rows = await rowsOf<[number]>(
    await connect(),
    `SELECT greatest((SELECT max(version) FROM call_keys), (SELECT max(version) FROM call_minutes), (SELECT max(version) FROM calls))`,
  )
  return rows[0]?.[0] ?? 0
}

const choreEveryMs = 10_000
/** Profiles change a few times a year. One set through another process is told of once this has passed (local-desk.ts). */
const profilesEvery = 2

/** What has to be done now and then: forget old messages, know new tenants and profiles, count open calls, let go of what holds. */
async function doChores(
  parts: PipelinesParts & Pick<Composed, 'owns'> & { readonly warnAgain: RepeatedWarnings },
  refreshTenants: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { watch, metrics } = parts
  const client = await parts.connect()
  const letGo = createGonePartitions({ log: parts.log, watermarks: parts.registry.watermarks })
  const letGoUnread = createUnreadTopics({
    ...parts.registry,
    topics: (parts.pipelines ?? pipelineNames).filter(holdsCalls).flatMap((name) => groupTopics[name]),
    afterMs: parts.config.summaries.unreadHours * 3_600_000,
  })
  let round = 0
  while (!signal.aborted) {
    try {
      parts.keepClock?.()
      await watch.embedded?.trim()
      await parts.expiry?.allow(parts.isSure?.() !== false && watch.embedded?.mayDelete() !== false)
      await refreshTenants()
      await parts.privacy?.refresh()
      if (++round % profilesEvery === 0) {
        await parts.profiles?.refresh()
        await letGo()
        for (const { topic, silentMs } of await letGoUnread())
          parts.logger.warn(
            { topic, hours: Math.floor(silentMs / 3_600_000) },
            'no worker reads this topic any more: calls settle without it; run its pipeline, and they are revised',
          )
      }
      if (isShared(parts.config)) await closeSilentRuns(parts)
      await tellOfItself(parts)
      metrics.calls.active(await countOpenCalls(client, parts.clock(), ownedShards(parts)))
    } catch (error) {
      parts.warnAgain({}, 'housekeeping failed; trying again', error instanceof Error ? error.message : 'unknown')
    }
    await pause(choreEveryMs, signal)
  }
}

async function closeSilentRuns({ registry, clock, logger }: PipelinesParts): Promise<void> {
  for (const run of await closeAbandonedRuns(registry, clock, true))
    logger.warn({ run }, 'a run was not heard of for two minutes: it has failed, and holds no calls any more')
}

/** Each worker counts the calls that it computes: together they are all of them. */
const ownedShards = ({ owns }: Pick<Composed, 'owns'>): readonly number[] =>
  Array.from({ length: shardCount }, (_, shard) => shard).filter(owns)
