import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveReplay } from '#collectors/http/ports.ts'
import { type ArchivedObject, mixedTenant, unknownTenant } from '#contracts/archive.ts'
import type { EventLog, LogRecord, NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import type { TenantOf } from '#pipelines/archive/tenants.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import { readParquet } from '#sinks/archive/read-parquet.ts'
import type { Done } from '../jobs/as-run.ts'
import { createPace } from '../jobs/pace.ts'
import { createRefusals } from '../jobs/refusals.ts'
import { faultOf, type ObjectFault } from './object-fault.ts'
import type { Archive } from './open-archive.ts'

export interface ReplayParts extends Pick<Archive, 'store' | 'index'> {
  readonly log: Pick<EventLog, 'append'>
  readonly run: string
  readonly request: ArchiveReplay
  /** Objects lie here while they are read, one at a time. */
  readonly spoolFolder: string
  /** Whose a message is, by the tenants registered now. */
  readonly tenantOf: TenantOf
  readonly nowMs: number
  readonly stopping?: AbortSignal | undefined
  readonly onProgress?: ((messages: number) => void) | undefined
}

/**
 * Puts what was archived into the log again, in order of its first log time. What is held at a time is a row group. An
 * object that is not what was written is refused by its name before any of it is read, and the others are replayed.
 */
export async function replayArchive(parts: ReplayParts): Promise<Done> {
  const refusals = createRefusals()
  const counts = { messages: 0, objects: 0, expired: 0, refused: 0 }
  const pace = createPace(parts.request.rate, parts.stopping)

  async function append(batch: readonly NewRecord[]): Promise<void> {
    await parts.log.append(batch)
    counts.messages += batch.length
    parts.onProgress?.(counts.messages)
    await pace(counts.messages)
  }

  await mkdir(parts.spoolFolder, { recursive: true, mode: 0o700 })
  for await (const object of parts.index.objects(parts.request)) {
    const fault = await replayObject(parts, object, append).catch((error: Error) => {
      throw stoppedAt(object, error)
    })
    if (fault === undefined) counts.objects++
    else if (fault === 'expired') counts.expired++
    else refusals.add(fault, object.key)
  }
  return { counts: { ...counts, refused: refusals.total() }, refused: refusals.report(), notes: [] }
}

async function replayObject(
  parts: ReplayParts,
  object: ArchivedObject,
  append: (batch: readonly NewRecord[]) => Promise<void>,
): Promise<ObjectFault | undefined> {
  const path = join(parts.spoolFolder, randomUUID())
  try {
    const fault = faultOf(await fetchObject(parts.store, object, path), object, parts.nowMs)
    if (fault !== undefined) return fault
    for await (const group of readParquet(path)) {
      const chosen = group.filter((record) => isChosen(record, object, parts))
      for (const batch of inBatches(chosen)) await append(batch.map((record) => again(record, object, parts)))
    }
    return undefined
  } finally {
    await rm(path, { force: true })
  }
}

/** Objects of several tenants, or of nobody known, are looked through; all others hold one tenant's messages only. */
const isShared = ({ tenant }: ArchivedObject): boolean => tenant === mixedTenant || tenant === unknownTenant

function isChosen(record: LogRecord, object: ArchivedObject, { request, tenantOf }: ReplayParts): boolean {
  const { tenant, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = request
  if (record.logTimeMs < sinceMs || record.logTimeMs >= untilMs) return false
  if (tenant === undefined || !isShared(object)) return true
  const of = tenantOf(record)
  return of === tenant || of === mixedTenant
}

const replayHeaders: readonly string[] = [recordHeaders.replay, recordHeaders.logTime, recordHeaders.onlyTenant]

/** The message as it was sent, and what a replay says of it. Its partition follows from its key, however many there are now. */
function again(record: LogRecord, object: ArchivedObject, { run, request }: ReplayParts): NewRecord {
  const { topic, key, value, logTimeMs } = record
  const sent = Object.entries(record.headers).filter(([name]) => !replayHeaders.includes(name))
  const headers = {
    ...Object.fromEntries(sent),
    [recordHeaders.replay]: run,
    [recordHeaders.logTime]: String(logTimeMs),
    ...(request.tenant !== undefined && isShared(object) ? { [recordHeaders.onlyTenant]: request.tenant } : {}),
  }
  return { topic, key, headers, value }
}

/** Appended at once: a transaction of the embedded log, a few requests to Kafka. */
const atOnce = { messages: 1_000, bytes: 4 * 1_048_576 }

function* inBatches(records: readonly LogRecord[]): Generator<readonly LogRecord[]> {
  let batch: LogRecord[] = []
  let bytes = 0
  for (const record of records) {
    if (batch.length > 0 && (batch.length >= atOnce.messages || bytes + record.value.length > atOnce.bytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(record)
    bytes += record.value.length
  }
  if (batch.length > 0) yield batch
}

/** Objects come by their first log time: all that is older is back. */
function stoppedAt({ firstLogMs }: ArchivedObject, error: Error): Error {
  const since = new Date(firstLogMs).toISOString()
  return Object.assign(
    new Error(`${error.message}. To go on from there: --since ${since}; repeating changes nothing`),
    {
      statusCode: (error as { readonly statusCode?: number }).statusCode ?? 500,
    },
  )
}
