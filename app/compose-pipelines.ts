import type { ClickHouseClient } from '@clickhouse/client'
import type { RowSink } from '#contracts/warehouse.ts'
import { createActivityPipeline } from '#pipelines/activity.ts'
import { createAuditPipeline } from '#pipelines/audit.ts'
import { type Auditor, createAuditor } from '#pipelines/auditor.ts'
import { createEvidencePipeline } from '#pipelines/evidence.ts'
import type { Pipeline } from '#pipelines/pipeline.ts'
import { createLinkMemory } from '#pipelines/steps/links-memory.ts'
import { foldAgain } from '#pipelines/summaries/recompute.ts'
import { defaultSummariesLimits, type Summaries } from '#pipelines/summaries/summaries.ts'
import { createLogsPipeline, createTracesPipeline } from '#pipelines/telemetry.ts'
import { createAuditReader } from '#warehouse/audit/audit-reader.ts'
import { createCallWriter } from '#warehouse/summaries/call-writer.ts'
import { isRawEmpty } from '#warehouse/summaries/census.ts'
import { archivePipeline } from './archive/open-archive.ts'
import { callsPipeline, linkMemorySize } from './compose/calls.ts'
import { type ComposeParts, type PipelineName, pipelineNames } from './compose/compose-parts.ts'
import { recomputeParts } from './compose/recompute-parts.ts'
import { countNew, roomOf, roomWith } from './compose/room.ts'
import { summariesOf } from './compose/summaries.ts'

export type { ComposeParts } from './compose/compose-parts.ts'

export interface Composed {
  readonly pipelines: readonly Pipeline[]
  readonly auditor: Auditor
  /** Shards of calls that this process computes now. */
  owns(shard: number): boolean
  close(): Promise<void>
}

/** The pipelines of one process, wired and not yet running, and the connections to close after them. */
export async function composePipelines(given: ComposeParts): Promise<Composed> {
  const connections: ClickHouseClient[] = []
  const parts: ComposeParts = {
    ...given,
    async connect(limits) {
      const client = await given.connect(limits)
      connections.push(client)
      return client
    },
  }
  const reads = await parts.connect()
  const auditing = await parts.connect()
  const summaries = await summariesPipeline(parts, { reads, auditing })
  const makers = await makersOf(parts, { reads, summaries })
  const wanted = pipelineNames.filter((name) => parts.pipelines?.includes(name) !== false)
  const pipelines: Pipeline[] = []
  for (const name of wanted) {
    const made = await makers[name]()
    if (made !== undefined) pipelines.push(made)
  }
  return {
    pipelines,
    auditor: auditorOf(parts, { auditing, summaries, pipelines }),
    owns: summaries.owns,
    async close() {
      for (const connection of connections) await connection.close()
      await parts.telemetrySinks?.logs?.close()
      await parts.telemetrySinks?.spans?.close()
    },
  }
}

/** Labels that come later are of no use: nobody waits for them so long. */
const labelsWithinMs = 10_000

/** How each pipeline is made. Connections are opened for those that are. */
async function makersOf(
  parts: ComposeParts,
  { reads, summaries }: { readonly reads: ClickHouseClient; readonly summaries: Summaries },
): Promise<Readonly<Record<PipelineName, () => Promise<Pipeline | undefined>>>> {
  const telemetryInserts = await parts.connect()
  // A room each: a table that takes nothing is told of, however well the others on that connection are stored.
  const telemetryRoom = (elsewhere?: RowSink) =>
    elsewhere === undefined ? roomOf(parts, telemetryInserts) : roomWith(parts, elsewhere)
  const { logs, spans } = parts.telemetrySinks ?? {}
  return {
    calls: async () => {
      const labels = await parts.connect({ maxQueryMs: labelsWithinMs })
      return callsPipeline(parts, roomOf(parts, await parts.connect()), { frozen: reads, labels })
    },
    evidence: async () =>
      createEvidencePipeline({
        // Its own connection: a flood of logs must delay no call.
        ...roomOf(parts, await parts.connect()),
        watermarks: parts.registry.watermarks,
        linkMemory: createLinkMemory({ max: linkMemorySize / 4 }),
      }),
    logs: async () => createLogsPipeline(telemetryRoom(logs)),
    traces: async () => createTracesPipeline({ ...telemetryRoom(spans), count: countNew(parts) }),
    activity: async () =>
      // Its own connection: a flood of chat must delay no log line either.
      createActivityPipeline({ ...roomOf(parts, await parts.connect()), count: countNew(parts) }),
    audit: async () => createAuditPipeline(telemetryRoom()),
    summaries: async () => summaries,
    archive: async () => archiveOf(parts),
  }
}

/** Without a place for it there is nothing to run. */
function archiveOf(parts: ComposeParts): Pipeline | undefined {
  const { archive, log, tenants, topicTenant, logNow, prometheus, onRetry } = parts
  if (archive === undefined) return undefined
  return archivePipeline(archive, {
    ...{ log, tenants, clock: logNow },
    observer: {
      records: prometheus.pipelines.records,
      retry(pipeline, store, cause) {
        prometheus.pipelines.retry(pipeline, store, cause)
        onRetry(`${pipeline} -> ${store}`, cause)
      },
      archived: ({ dataClass, rows }) => prometheus.pipelines.archived(dataClass, rows),
      fault(pipeline, where) {
        prometheus.pipelines.deadLetter(pipeline, 'internal_error')
        parts.onFault?.(pipeline, where)
      },
      lost: (_place, messages) => prometheus.pipelines.archiveLost(messages),
    },
    ...(topicTenant === undefined ? {} : { topicTenant }),
    ...(parts.messages === undefined ? {} : { forgetting: parts.messages }),
  })
}

async function summariesPipeline(
  parts: ComposeParts,
  { reads, auditing }: { readonly reads: ClickHouseClient; readonly auditing: ClickHouseClient },
): Promise<Summaries> {
  const { budgetMs } = { ...defaultSummariesLimits, ...parts.pace }
  return summariesOf(parts, {
    client: await parts.connect({ maxQueryMs: budgetMs }),
    beside: await parts.connect({ maxQueryMs: budgetMs }),
    due: await parts.connect({ maxQueryMs: budgetMs }),
    // The auditor waits until there is no backlog: it has no use for its connection while a census is taken.
    counting: auditing,
    rawWasEmpty: await isRawEmpty(reads),
  })
}

interface Audited {
  readonly auditing: ClickHouseClient
  readonly summaries: Summaries
  readonly pipelines: readonly Pipeline[]
}

function auditorOf(parts: ComposeParts, { auditing, summaries, pipelines }: Audited): Auditor {
  return createAuditor({
    reader: createAuditReader(auditing),
    foldAgain: (members, logNowMs) => foldAgain(members, logNowMs, recomputeParts(parts, auditing)),
    log: parts.log,
    writer: createCallWriter(auditing),
    marks: parts.registry.auditMarks,
    idle: async () =>
      // What a lost group has not counted yet would look like a difference.
      !summaries.isCounting() && (parts.mayAudit?.(summaries.owns) ?? pipelines.every((pipeline) => pipeline.idle())),
    logNow: parts.logNow,
    looked: parts.prometheus.pipelines.auditorLooked,
    swept: parts.prometheus.pipelines.auditorSwept,
    retry: (cause) => parts.onRetry('auditor', cause),
    found(differences) {
      parts.prometheus.pipelines.auditorDifferences(differences)
      parts.onDifferences?.(differences)
    },
    ...(parts.auditorPace === undefined ? {} : { pace: parts.auditorPace }),
  })
}
