import type { LogRecord } from '#contracts/event-log.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { type ContextReader, memberText } from '#contracts/summaries.ts'
import type { Batch } from '../batch.ts'

/** What labels a live sample. */
export interface LiveLabels {
  readonly carrier?: string
  readonly region?: string
  readonly codec?: string
  readonly traceId?: string
}

export interface CorrelateOptions {
  /** False for messages that are read again after an unclean stop: they were shown before. */
  readonly isNew: (record: LogRecord) => boolean
  readonly contexts: ContextReader
  readonly observe: (tenant: string, sample: QualitySample, labels: LiveLabels) => void
  readonly missed: (count: number) => void
  /** Calls remembered, about 300 bytes each. */
  readonly maxCalls?: number
}

const unknown: LiveLabels = {}
/** A call that nothing is known of is asked for again after this many batches; its events may have come since. */
const askAgainAfterBatches = 20

/**
 * Gives live samples the labels of their call: from a bounded memory, misses in one query a batch, still unknown means
 * `unknown` and is counted. For live metrics only: nothing looked up is ever stored.
 */
export function createCorrelate({ isNew, contexts, observe, missed, maxCalls = 100_000 }: CorrelateOptions) {
  const known = new Map<string, { labels: LiveLabels; readonly batch: number }>()
  let batches = 0

  return async function correlate({ live: all, rows }: Batch): Promise<void> {
    batches += 1
    const live = all.filter(({ record }) => isNew(record))
    // Events change what is known: their calls are asked for anew.
    for (const { table, cells } of rows) {
      if (table === 'call_events') known.delete(memberText({ tenant: String(cells[0]), id: String(cells[1]) }))
    }
    await lookUp(live)
    for (const { tenant, sample } of live) {
      const entry = known.get(memberText({ tenant, id: sample.correlationid }))
      observe(tenant, sample, entry?.labels ?? unknown)
    }
    for (const key of known.keys()) {
      if (known.size <= maxCalls) break
      known.delete(key)
    }
  }

  async function lookUp(live: Batch['live']): Promise<void> {
    const misses = new Map<string, { tenant: string; id: string }>()
    for (const { tenant, sample } of live) {
      const member = { tenant, id: sample.correlationid }
      const key = memberText(member)
      const entry = known.get(key)
      const stale = entry !== undefined && entry.labels === unknown && batches - entry.batch > askAgainAfterBatches
      if (entry === undefined || stale) misses.set(key, member)
    }
    if (misses.size === 0) return
    const found = await contexts.contexts([...misses.values()])
    for (const key of misses.keys()) known.set(key, { labels: found.get(key) ?? unknown, batch: batches })
    const still = [...misses.keys()].filter((key) => !found.has(key)).length
    if (still > 0) missed(still)
  }
}
