import { type BatchTrace, type TraceBatch, untraced } from '#contracts/batch-trace.ts'
import type { EventLog, LogRecord, Membership, Polled } from '#contracts/event-log.ts'
import type { Decode } from '#contracts/pipeline.ts'
import type { WatermarkStore } from '#contracts/registry.ts'
import type { RawRow, RowSink, TracedRow } from '#contracts/warehouse.ts'
import { announcements } from './announce.ts'
import { type Batch, type Parked, rowCount, type ShowLive } from './batch.ts'
import { createBatchDecoder } from './decode-batch.ts'
import { pause } from './pause.ts'
import { attempt, persist } from './persist.ts'
import { asReadLate, createReadLate } from './read-late.ts'
import { createWatermarkTracker } from './watermarks.ts'

/** What a pipeline tells about itself. Counts may rise twice on a replay: rates and alerts only. */
export interface PipelineObserver {
  /** A poll has come back. */
  records(pipeline: string, polled: Polled): void
  batch(pipeline: string, batch: Batch, seconds: number): void
  /** The rows of these messages are acknowledged, at this log time. */
  stored(pipeline: string, records: readonly LogRecord[], logNowMs: number): void
  committed(pipeline: string, polled: Polled): void
  /** So many partitions are not read, because a store does not take what came from them; 0 once it does. */
  paused(pipeline: string, partitions: number): void
  retry(pipeline: string, sink: string, cause: Error): void
  /** A step threw over a message, which became a dead letter: a fault of ours, and where in the source. */
  fault?(pipeline: string, where: string): void
}

export interface PipelineParts {
  readonly name: string
  readonly topics: readonly string[]
  readonly log: EventLog
  readonly decode: Decode
  /** Told before the first record of a batch is decoded. */
  readonly begin?: (batch: Batch) => void
  /**
   * Asked before messages of an unknown tenant become dead letters; true: there are tenants that were not known before.
   * Who adds a tenant may send its messages at once, and is another process.
   */
  readonly newTenants?: () => Promise<boolean>
  readonly sink: RowSink
  /** Builds the dead letter of a message; the pipeline appends it before it commits. */
  readonly deadLetter: (pipeline: string, parked: readonly Parked[]) => Parameters<EventLog['append']>[0]
  /** Removes from a batch what raw no longer covers, and parks it (`calls` only). */
  readonly refuseFrozen?: (batch: Batch, logNowMs: number) => Promise<void>
  /** Shows a sample on the live metrics as it is decoded, where its call is known. */
  readonly show?: ShowLive
  /** Told after the rows are acknowledged: link memory, live metrics of calls that were not known. */
  readonly acknowledged?: (batch: Batch) => Promise<void>
  readonly watermarks?: WatermarkStore
  readonly watermarkLagMs?: number
  readonly observer: PipelineObserver
  readonly trace?: TraceBatch
  readonly limits?: Partial<PipelineLimits>
}

export interface PipelineLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** A small batch waits this long for company: ClickHouse wants few, large inserts. */
  readonly lingerMs: number
  readonly waitMs: number
  readonly watermarkEveryMs: number
}

const defaultLimits: PipelineLimits = {
  // Every insert makes a part, and parts are merged again and again: the larger the batch, the less there is to merge.
  maxRecords: 30_000,
  maxBytes: 24 * 1024 * 1024,
  lingerMs: 400,
  waitMs: 500,
  watermarkEveryMs: 1_000,
}

/**
 * `lingerMs` before a ClickHouse server, which many processes write to: no more than one small insert a second into a table
 * from each, or at least half a batch. Calls stay as fresh as they must be (5 s).
 */
export const serverLingerMs = 1_000

/** As long as a write of watermarks is waited for, milliseconds. */
const longestWatermarkMs = 1_000

/** A batch on its way from the log to its commit. */
interface InHand extends Begun {
  /** Its rows are acknowledged, but for those that can never be stored. */
  readonly delivered: Promise<readonly Parked[]>
  /** The batch before it is committed. */
  readonly before: Promise<void>
}

interface Begun {
  readonly polled: Polled
  /** When it was read, by the steady clock. */
  readonly readAt: number
  readonly batch: Batch
  readonly trace: BatchTrace
}

export interface Pipeline {
  readonly name: string
  /** Resolves when stopped; rejects when the pipeline cannot go on. */
  run(signal: AbortSignal): Promise<void>
  /** True when all that was in the log at the last poll is committed. */
  idle(): boolean
}

/**
 * decode -> deliver -> announce -> commit, batch after batch. One is decoded while the one before is being delivered, and
 * the one before that is announced and committed: in order, each after all of its rows are acknowledged.
 */
export function createPipeline(parts: PipelineParts): Pipeline {
  const limits = { ...defaultLimits, ...parts.limits }
  const onRetry = (cause: Error) => parts.observer.retry(parts.name, 'log or store', cause)
  const writeWatermarks = createWatermarkWriter(parts, limits, onRetry)
  const storing: Storing = { parts, onRetry, writeWatermarks, wasReadLate: createReadLate() }
  const decodeBatch = createDecoding(parts, onRetry)
  let unfinished = 0
  let isAtEnd = false

  async function finish(membership: Membership, inHand: InHand, signal: AbortSignal): Promise<void> {
    const { polled, batch, trace } = inHand
    await announce(inHand, storing, signal)
    const offsets = offsetsAfter(polled.records)
    const commit = () => persist(() => membership.commit(offsets, polled.generation), { signal, onRetry })
    if (offsets.length > 0) await trace.stage('commit', commit)
    parts.observer.committed(parts.name, polled)
    trace.end({ rows: rowCount(batch), parked: batch.parked.length })
    isAtEnd = polled.positions.every(({ next, end }) => next >= end)
    if (polled.records.length > 0) unfinished -= 1
  }

  return {
    name: parts.name,
    idle: () => unfinished === 0 && isAtEnd,
    async run(signal) {
      const membership = await parts.log.join({ group: parts.name, topics: parts.topics })
      let delivered: Promise<unknown> = Promise.resolve()
      let earlier: Promise<void> = Promise.resolve()
      let before = earlier
      unfinished = 0
      try {
        while (!signal.aborted) {
          const asked = performance.now()
          const polled = await persist(() => membership.poll(limits, signal), { signal, onRetry })
          const readAt = performance.now()
          if (polled.records.length > 0) unfinished += 1
          parts.observer.records(parts.name, polled)
          const trace = polled.records.length === 0 ? undefined : parts.trace?.(parts.name, polled, readAt - asked)
          const batch = await (trace ?? untraced).stage('decode', () => decodeBatch(polled, signal))
          await Promise.all([delivered, earlier])
          if (signal.aborted) return
          const begun = { polled, readAt, batch, trace: trace ?? untraced, before }
          const inHand = { ...begun, delivered: deliverRows(parts, begun, signal) }
          delivered = inHand.delivered
          earlier = before
          before = finish(membership, inHand, signal)
          before.catch(() => undefined) // seen at an await to come; without this Node would call it unhandled
          parts.observer.batch(parts.name, batch, (performance.now() - readAt) / 1_000)
          if (polled.records.length < limits.maxRecords / 2) await pause(limits.lingerMs, signal)
        }
      } finally {
        await before.catch((error: unknown) => {
          if (!signal.aborted) throw error
        })
        await membership.leave()
      }
    },
  }
}

/** Decodes what a poll has brought, without what raw no longer covers. */
function createDecoding(parts: PipelineParts, onRetry: (cause: Error) => void) {
  const decodeRead = createBatchDecoder({
    ...parts,
    pack: () => parts.sink.pack?.(),
    onFault: (where) => parts.observer.fault?.(parts.name, where),
  })

  return async function decodeBatch(polled: Polled, signal: AbortSignal): Promise<Batch> {
    const batch = await decodeRead(polled)
    await persist(async () => parts.refuseFrozen?.(batch, polled.logNowMs), { signal, onRetry })
    return batch
  }
}

/** What storing a batch needs beside the batch. */
interface Storing {
  readonly parts: PipelineParts
  readonly onRetry: (cause: Error) => void
  readonly writeWatermarks: (polled: Polled, batch: Batch) => Promise<void>
  /** Asked once of each batch, in order. */
  readonly wasReadLate: (polled: Polled) => boolean
}

/** All that has to be done of a batch before its offsets may be committed. */
async function announce(inHand: InHand, storing: Storing, signal: AbortSignal): Promise<void> {
  const { parts, onRetry, writeWatermarks, wasReadLate } = storing
  const { polled, readAt, batch, trace } = inHand
  const { log, deadLetter, name, observer } = parts
  batch.parked.push(...(await inHand.delivered))
  observer.stored(name, polled.records, polled.logNowMs + performance.now() - readAt)
  await inHand.before
  if (batch.parked.length > 0) await persist(() => log.append(deadLetter(name, batch.parked)), { signal, onRetry })
  // Labels of live samples are worth no waiting.
  await attempt(async () => parts.acknowledged?.(batch), onRetry)
  // After raw is acknowledged, and before anybody is told to read it.
  await attempt(() => writeWatermarks(polled, batch), onRetry)
  const read = batch.changes.values()
  const changes = announcements(wasReadLate(polled) ? asReadLate([...read]) : read)
  if (changes.length > 0) await trace.stage('announce', () => persist(() => log.append(changes), { signal, onRetry }))
}

/** Writes how far the log was read, now and then; without anywhere to write it, nothing. */
function createWatermarkWriter(
  { watermarks, watermarkLagMs }: Pick<PipelineParts, 'watermarks' | 'watermarkLagMs'>,
  { watermarkEveryMs }: PipelineLimits,
  onRetry: (cause: Error) => void,
): Storing['writeWatermarks'] {
  const tracker = createWatermarkTracker(watermarkLagMs)
  let writtenMs = 0
  let writing: Promise<void> | undefined

  return async function writeWatermarks(polled, batch) {
    if (watermarks === undefined) return
    const quiet = batch.seen.size === 0 && Math.abs(polled.logNowMs - writtenMs) < watermarkEveryMs
    if (quiet || polled.positions.length === 0) return
    writtenMs = polled.logNowMs
    const entries = tracker.entriesOf(batch, polled)
    // One at a time, so that none overtakes a later one; and not waited for long: a registry that says nothing at all
    // would hold back rows and announcements, which do not need it.
    if (writing !== undefined) return
    writing = watermarks.write(entries).finally(() => {
      writing = undefined
    })
    const waited = new AbortController()
    try {
      await Promise.race([writing, pause(longestWatermarkMs, waited.signal)])
    } finally {
      waited.abort()
      writing?.catch(onRetry)
    }
  }
}

function deliverRows(parts: PipelineParts, begun: Begun, signal: AbortSignal): Promise<readonly Parked[]> {
  const { batch, trace } = begun
  return rowCount(batch) === 0 ? Promise.resolve([]) : trace.stage('deliver', () => deliver(parts, begun, signal))
}

/** Delivers until the store has taken or finally refused every row. Returns the refused as parked messages. */
async function deliver(
  { name, sink, observer }: PipelineParts,
  { batch, polled }: Pick<InHand, 'batch' | 'polled'>,
  signal: AbortSignal,
): Promise<readonly Parked[]> {
  for (let isPaused = false; ; isPaused = true) {
    const delivery = await sink.deliver(batch.rows, signal, batch.packed)
    if (delivery.type === 'retry') {
      observer.retry(name, sink.name, delivery.cause)
      observer.paused(name, polled.assignment.length)
      if (signal.aborted) throw new Error(`stopped while ${sink.name} could not store a batch`)
      await pause(delivery.afterMs, signal)
      continue
    }
    if (isPaused) observer.paused(name, 0)
    return delivery.type === 'delivered' ? [] : refusedOf(batch, delivery.rows)
  }
}

/** Rows that a store can never take, as the messages that they came from. */
function refusedOf(
  batch: Batch,
  refused: readonly { readonly row: RawRow; readonly detail: string }[],
): readonly Parked[] {
  const records = new Map(batch.rows.map((row) => [row as RawRow, row.record]))
  return refused.flatMap(({ row, detail }) => {
    // What was packed comes back with its message.
    const record = records.get(row) ?? (row as Partial<TracedRow>).record
    return record === undefined ? [] : [{ record, reason: 'refused_by_store' as const, detail }]
  })
}

/** The offset after the last record of each partition. Records of one partition are in offset order. */
function offsetsAfter(records: readonly LogRecord[]) {
  const offsets = new Map<string, { topic: string; partition: number; offset: number }>()
  for (const { topic, partition, offset } of records) {
    offsets.set(`${topic}/${partition}`, { topic, partition, offset: offset + 1 })
  }
  return [...offsets.values()]
}
