import type { LogRecord } from '#contracts/event-log.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { type ContextReader, type MemberKey, memberText } from '#contracts/summaries.ts'
import type { Batch, ShowLive } from '../batch.ts'
import { type ByTenant, createByTenant } from '../by-tenant.ts'
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

/** What is known of calls, and what is being asked. */
interface LabelMemory {
  readonly known: ByTenant<{ readonly labels: LiveLabels; readonly batch: number }>
  batches: number
  asking: Promise<void> | undefined
  /** Calls of which an event has come since they were asked for: an answer that is late does not know of it. */
  readonly changed: Set<string>
}

/**
 * Gives live samples the labels of their call: from a bounded memory, misses in one query a batch, still unknown means
 * `unknown` and is counted. For live metrics only: nothing looked up is ever stored.
 */
export function createCorrelate(options: CorrelateOptions): Correlate {
  const { isNew, observe, maxCalls = 100_000 } = options
  const memory: LabelMemory = { known: createByTenant(), batches: 0, asking: undefined, changed: new Set() }
  const { known } = memory

  return {
    show({ tenant, sample }, record) {
      if (!isNew(record)) return true
      const entry = known.get(tenant, sample.correlationid)
      if (entry === undefined) return false
      if (entry.labels === unknown && memory.batches - entry.batch > askAgainAfterBatches) return false
      observe(tenant, sample, entry.labels)
      return true
    },
    async correlate({ live, rows }) {
      memory.batches += 1
      forgetChanged(memory, rows)
      try {
        await lookUp(memory, live, options)
      } finally {
        // Without their labels, but counted.
        for (const { tenant, sample } of live) observe(tenant, sample, labelsOf(memory, tenant, sample.correlationid))
        known.shrinkTo(maxCalls)
      }
    },
  }
}

const labelsOf = ({ known }: LabelMemory, tenant: string, id: string): LiveLabels =>
  known.get(tenant, id)?.labels ?? unknown

/** Events change what is known: their calls are asked for anew. */
function forgetChanged({ known, asking, changed }: LabelMemory, rows: Batch['rows']): void {
  for (const { table, cells } of rows) {
    if (table !== 'call_events') continue
    const member = { tenant: String(cells[0]), id: String(cells[1]) }
    known.delete(member.tenant, member.id)
    if (asking !== undefined) changed.add(memberText(member))
  }
}

/** Unless an answer has been waited for in vain: then nobody asks, and nobody waits, until it has come. */
async function lookUp(
  memory: LabelMemory,
  live: Batch['live'],
  { contexts, missed, lookUpWithinMs = 1_000 }: CorrelateOptions,
): Promise<void> {
  const misses = missesOf(live)
  if (misses.size === 0) return
  const waited = new AbortController()
  try {
    if (memory.asking !== undefined) return
    memory.asking = ask(memory, misses, contexts).finally(() => {
      memory.asking = undefined
    })
    await Promise.race([memory.asking, pause(lookUpWithinMs, waited.signal)])
  } finally {
    waited.abort()
    memory.asking?.catch(() => undefined) // who waited has been told; of what comes later nothing was lost
    const still = [...misses.values()].filter(({ tenant, id }) => labelsOf(memory, tenant, id) === unknown)
    if (still.length > 0) missed(still.length)
  }
}

/** The calls of these samples, once each. */
function missesOf(live: Batch['live']): ReadonlyMap<string, MemberKey> {
  const misses = new Map<string, MemberKey>()
  for (const { tenant, sample } of live) {
    const member = { tenant, id: sample.correlationid }
    misses.set(memberText(member), member)
  }
  return misses
}

async function ask(
  { known, changed, batches: asked }: LabelMemory,
  misses: ReadonlyMap<string, MemberKey>,
  contexts: ContextReader,
): Promise<void> {
  changed.clear()
  const found = await contexts.contexts([...misses.values()])
  for (const [key, { tenant, id }] of misses) {
    if (!changed.has(key)) known.set(tenant, id, { labels: found.get(key) ?? unknown, batch: asked })
  }
}
