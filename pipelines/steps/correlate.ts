import type { LogRecord } from '#contracts/event-log.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { type ContextReader, type MemberKey, memberText } from '#contracts/summaries.ts'
import type { Batch, LiveSample, ShowLive } from '../batch.ts'
import { createByTenant } from '../by-tenant.ts'
import { pause } from '../pause.ts'

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
  /** Labels are worth no more waiting: behind them wait the announcements and the commit of their batch. */
  readonly lookUpWithinMs?: number
}

export interface Correlate {
  /** As a sample is decoded: most calls are known then, and nothing of the sample need be kept. */
  readonly show: ShowLive
  /** Once a batch is stored: looks up what could not be shown. */
  readonly correlate: (batch: Batch) => Promise<void>
}

const unknown: LiveLabels = {}
/** A call that nothing is known of is asked for again after this many batches; its events may have come since. */
const askAgainAfterBatches = 20

/**
 * Gives live samples the labels of their call: from a bounded memory, misses in one query a batch, still unknown means
 * `unknown` and is counted. For live metrics only: nothing looked up is ever stored.
 */
export function createCorrelate({
  isNew,
  contexts,
  observe,
  missed,
  maxCalls = 100_000,
  lookUpWithinMs = 1_000,
}: CorrelateOptions): Correlate {
  const known = createByTenant<{ readonly labels: LiveLabels; readonly batch: number }>()
  let batches = 0
  let asking: Promise<void> | undefined
  /** Calls of which an event has come since they were asked for: an answer that is late does not know of it. */
  const changed = new Set<string>()

  function show({ tenant, sample }: LiveSample, record: LogRecord): boolean {
    if (!isNew(record)) return true
    const entry = known.get(tenant, sample.correlationid)
    if (entry === undefined) return false
    if (entry.labels === unknown && batches - entry.batch > askAgainAfterBatches) return false
    observe(tenant, sample, entry.labels)
    return true
  }

  /** Unless an answer has been waited for in vain: then nobody asks, and nobody waits, until it has come. */
  async function lookUp(live: Batch['live']): Promise<void> {
    const misses = new Map<string, MemberKey>()
    for (const { tenant, sample } of live) {
      const member = { tenant, id: sample.correlationid }
      misses.set(memberText(member), member)
    }
    if (misses.size === 0) return
    const waited = new AbortController()
    try {
      if (asking !== undefined) return
      asking = ask(misses).finally(() => {
        asking = undefined
      })
      await Promise.race([asking, pause(lookUpWithinMs, waited.signal)])
    } finally {
      waited.abort()
      asking?.catch(() => undefined) // who waited has been told; of what comes later nothing was lost
      const still = [...misses.values()].filter(
        ({ tenant, id }) => (known.get(tenant, id)?.labels ?? unknown) === unknown,
      )
      if (still.length > 0) missed(still.length)
    }
  }

  async function ask(misses: ReadonlyMap<string, MemberKey>): Promise<void> {
    const asked = batches
    changed.clear()
    const found = await contexts.contexts([...misses.values()])
    for (const [key, { tenant, id }] of misses) {
      if (!changed.has(key)) known.set(tenant, id, { labels: found.get(key) ?? unknown, batch: asked })
    }
  }

  return {
    show,
    async correlate({ live, rows }) {
      batches += 1
      // Events change what is known: their calls are asked for anew.
      for (const { table, cells } of rows) {
        if (table !== 'call_events') continue
        const member = { tenant: String(cells[0]), id: String(cells[1]) }
        known.delete(member.tenant, member.id)
        if (asking !== undefined) changed.add(memberText(member))
      }
      try {
        await lookUp(live)
      } finally {
        // Without their labels, but counted.
        for (const { tenant, sample } of live) {
          observe(tenant, sample, known.get(tenant, sample.correlationid)?.labels ?? unknown)
        }
        known.shrinkTo(maxCalls)
      }
    },
  }
}
