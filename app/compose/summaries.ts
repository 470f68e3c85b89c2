import type { ClickHouseClient } from '@clickhouse/client'
import { memberText } from '#contracts/summaries.ts'
import { resolveComponents } from '#pipelines/summaries/components.ts'
import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { createSummaries, type Summaries, type SummariesParts } from '#pipelines/summaries/summaries.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { takeCensusFrom } from '#warehouse/summaries/census.ts'
import { createDueReader } from '#warehouse/summaries/due-reader.ts'
import { giveUpOn } from '../give-up.ts'
import type { ComposeParts } from './compose-parts.ts'
import { recomputeParts } from './recompute-parts.ts'

/** Imports, and the past judged anew, are no calls that end now: they would look like a flood of them. */
const endedRecentlyMs = 86_400_000

/** Late reading waits two minutes at most: with older changes before it, `summaries` is stuck or overwhelmed. */
const lookingWithinMs = 150_000

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

export function summariesOf(
  parts: ComposeParts,
  { client, beside, due, counting, rawWasEmpty }: SummariesConnections,
): Summaries {
  const { log, prometheus, pace } = parts
  const recompute = recomputeParts(parts, client)
  let nothingYet = rawWasEmpty
  return createSummaries({
    ...recompute,
    beside: recomputeParts(parts, beside),
    log,
    due: createDueReader(due),
    // What comes into an empty warehouse is announced in the log from its first message: there is nothing to count, once.
    censusProgress: parts.registry.censusProgress,
    census(owns, fromSlice) {
      if (!nothingYet) return takeCensusFrom(counting, owns, fromSlice)
      nothingYet = false
      return nothing()
    },
    deadLetter(pipeline, parked) {
      for (const { reason } of parked) prometheus.pipelines.deadLetter(pipeline, reason)
      return deadLetters(pipeline, parked)
    },
    ...(parts.refreshProfiles === undefined ? {} : { beforeBulk: parts.refreshProfiles }),
    giveUp: givingUp(parts, recompute),
    ...(pace === undefined ? {} : { pace }),
    ...(parts.traceRecompute === undefined ? {} : { trace: parts.traceRecompute }),
    observer: {
      recomputed(rows) {
        parts.shares?.computed()
        prometheus.pipelines.recomputed('written', rows.length)
        const sinceMs = parts.logNow() - endedRecentlyMs
        for (const { record } of rows) {
          if (record.state === 'settled' && (record.endedMs ?? 0) >= sinceMs) {
            prometheus.calls.ended({ ...record, class: record.verdict.class })
          }
        }
      },
      backlog(size, oldestAgeMs, polled) {
        prometheus.pipelines.dirtyCalls(size, oldestAgeMs / 1_000)
        prometheus.pipelines.records('summaries', polled)
        // What is read waits in the backlog, whose age is told above.
        prometheus.pipelines.committed('summaries', polled)
        if (oldestAgeMs < lookingWithinMs) parts.heartbeats?.polled('summaries', polled)
      },
      stalled(forMs, waiting) {
        prometheus.pipelines.recordsStalled(forMs / 1_000)
        parts.records?.look(forMs, waiting)
      },
      overdue: (byTenant) => parts.shares?.overdue(byTenant),
      shown: prometheus.pipelines.summaryDelay,
      retry: (cause) => parts.onRetry('summaries', cause),
    },
  })
}

const givingUp = ({ log, logNow, prometheus }: ComposeParts, recompute: RecomputeParts): SummariesParts['giveUp'] =>
  giveUpOn({
    ...recompute,
    log,
    logNow,
    count(calls) {
      prometheus.pipelines.recomputed('failed', calls)
      prometheus.pipelines.deadLetter('summaries', 'recompute_failed', calls)
    },
    componentsOf: async (change) => (await resolveComponents([change], recompute)).get(memberText(change)) ?? [],
  })
