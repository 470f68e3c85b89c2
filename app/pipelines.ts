import type { ClickHouseClient } from '@clickhouse/client'
import type { EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { Registry } from '#contracts/registry.ts'
import { pause } from '#pipelines/pause.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import type { Prometheus } from '#sinks/prometheus/prometheus.ts'
import { rowsOf, type WarehouseOptions } from '#warehouse/client.ts'
import { countOpenCalls } from '#warehouse/read/open-calls.ts'
import { type ComposeParts, composePipelines } from './compose-pipelines.ts'
import type { EngineParts } from './engine.ts'
import { closeAbandonedRuns } from './jobs/hold.ts'
import type { PrivacyRoom } from './privacy/open-privacy.ts'
import type { ProfileCache } from './profiles/profile-cache.ts'
import { rewindAfterUncleanStop } from './rewind.ts'
import { createTenantCache } from './tenant-cache.ts'
import { windowsOf } from './windows.ts'
import type { WriteHealth } from './write-health.ts'

export interface PipelinesParts extends EngineParts {
  readonly log: EmbeddedLog
  readonly registry: Registry
  readonly metrics: Prometheus
  readonly writes?: WriteHealth
  /** Without it every tenant is judged by the default. */
  readonly profiles?: ProfileCache
  /** Without it parties are stored as sent, free text is scrubbed, and nobody is forgotten. */
  readonly privacy?: PrivacyRoom
  /** A new connection to the warehouse, closed with the engine. Parts that must not wait for each other take their own. */
  connect(limits?: Pick<WarehouseOptions, 'maxQueryMs'>): Promise<ClickHouseClient>
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
  const groups = ['calls', 'evidence', 'logs', 'traces', 'audit', 'summaries']
  await closeAbandonedRuns(registry, parts.clock)
  const quietBelow = await rewindAfterUncleanStop(log, groups, config.durability, logger)
  const tenants = await createTenantCache(registry.tenants)
  await registry.versions.raiseAbove(await greatestVersion(parts))
  const composed = await composePipelines({
    ...{ log, registry, prometheus: metrics, connect: parts.connect, tenants: tenants.known, quietBelow },
    topicTenant: (topic) => (config.topicTenants as Readonly<Record<string, string | undefined>>)[topic],
    windows: windowsOf(config),
    ...(parts.writes === undefined ? {} : { writes: parts.writes }),
    ...(parts.profiles === undefined ? {} : { profileOf: parts.profiles.profileOf }),
    ...(parts.privacy === undefined ? {} : { privacy: parts.privacy.privacy, forgetting: parts.privacy.forgetting }),
    patience: {
      ...defaultPatience,
      settleMs: config.summaries.settleSeconds * 1_000,
      silenceMs: config.summaries.silenceSeconds * 1_000,
    },
    ...parts.tuning,
    pace: { budgetMs: config.summaries.budgetSeconds * 1_000, ...parts.tuning?.pace },
    logNow: parts.clock,
    onDifferences: (differences) =>
      logger.error(
        { differences: differences.length },
        'the auditor found derived rows that do not follow from raw; they are computed again',
      ),
    onRetry: (what, cause) =>
      logger.warn({ what, cause: cause.message }, 'a store did not take what it was given; trying again'),
  })
  const stopping = new AbortController()
  let failure: unknown
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const running = composed.pipelines.map(async (pipeline) => {
    try {
      await pipeline.run(stopping.signal)
    } catch (error) {
      failure ??= error
      fail(error instanceof Error ? error : new Error(String(error)))
      logger.fatal(
        { pipeline: pipeline.name, cause: error instanceof Error ? error.message : 'unknown' },
        'a pipeline cannot go on',
      )
    }
  })
  const auditing = composed.auditor
    .run(stopping.signal)
    .catch((error: unknown) =>
      logger.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'the auditor stopped'),
    )
  const chores = doChores(parts, tenants.refresh, stopping.signal)

  return {
    failed,
    refreshTenants: tenants.refresh,
    async drained() {
      for (;;) {
        if (failure !== undefined) throw failure
        // In the order of the flow: what the sources have committed they have announced before.
        const behind = groups.some((group) => log.lag(group).some(({ lag }) => lag > 0))
        if (!behind && composed.pipelines.every((pipeline) => pipeline.idle())) return
        await pause(50, stopping.signal)
      }
    },
    async stop() {
      stopping.abort()
      await Promise.all([...running, chores, auditing])
      if (failure !== undefined) throw failure
    },
  }
}

async function greatestVersion({ connect }: PipelinesParts): Promise<number> {
  const rows = await rowsOf<[number]>(
    await connect(),
    `SELECT greatest((SELECT max(version) FROM call_keys), (SELECT max(version) FROM call_minutes), (SELECT max(version) FROM calls))`,
  )
  return rows[0]?.[0] ?? 0
}

const choreEveryMs = 10_000
/** Profiles change a few times a year, and one set through this process is known at once. */
const profilesEvery = 6

/** What has to be done now and then: forget old messages, know new tenants and profiles, count open calls. */
async function doChores(
  parts: PipelinesParts,
  refreshTenants: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { log, metrics, logger } = parts
  const client = await parts.connect()
  let round = 0
  while (!signal.aborted) {
    try {
      await log.trim()
      await refreshTenants()
      await parts.privacy?.refresh()
      if (++round % profilesEvery === 0) await parts.profiles?.refresh()
      metrics.calls.active(await countOpenCalls(client, parts.clock()))
    } catch (error) {
      logger.warn({ cause: error instanceof Error ? error.message : 'unknown' }, 'housekeeping failed; trying again')
    }
    await pause(choreEveryMs, signal)
  }
}
