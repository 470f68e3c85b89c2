import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchivedObject, ArchiveIndex, ArchiveRewriting, ObjectStore } from '#contracts/archive.ts'
import type { Clock } from '#contracts/clock.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import { fileOf } from '#pipelines/archive/files.ts'
import type { ForgetMessage } from '#pipelines/privacy/forget-messages.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import { readParquet } from '#sinks/archive/read-parquet.ts'
import { writeParquet } from '#sinks/archive/write-parquet.ts'
import { faultOf, type ObjectFault } from './object-fault.ts'

export interface RewriteParts {
  readonly store: ObjectStore
  readonly index: Pick<ArchiveIndex, 'objects'>
  readonly rewriting: ArchiveRewriting
  readonly forget: ForgetMessage
  /** Sequence of the last erasure that `forget` knows of. */
  readonly until: () => number
  /** Objects lie here while they are read, one at a time. */
  readonly spoolFolder: string
  readonly clock: Clock
  readonly stopping?: AbortSignal | undefined
  /** Objects looked through so far. */
  readonly onProgress?: ((objects: number) => void) | undefined
}

export interface Rewritten {
  /** Looked through, of this tenant and of nobody in particular. */
  readonly looked: number
  /** Written anew, or taken out because nothing was left. */
  readonly rewritten: number
  /** Messages that were changed or taken out. */
  readonly messages: number
  /** Not there any more, as their retention says. */
  readonly expired: number
  /** Could not be read: the messages of those who were erased still lie there. */
  readonly left: Readonly<Partial<Record<ObjectFault, number>>>
  /** When the last of those that are left may be deleted by its retention, epoch milliseconds. */
  readonly leftUntilMs: number | undefined
}

/**
 * Writes those objects anew in which somebody is named who was erased: new object, then the index, then the old one is deleted. Ended
 * anywhere, by SIGKILL too, it goes on with what was not looked through when it is begun again, and each message is in the index once.
 */
export async function rewriteArchive(parts: RewriteParts, tenant: string): Promise<Rewritten> {
  const { index, until, stopping, onProgress } = parts
  const done = { looked: 0, rewritten: 0, messages: 0 }
  const faults = new Map<string, Left>()
  await mkdir(parts.spoolFolder, { recursive: true, mode: 0o700 })
  await deleteLeftovers(parts)
  // What another has put in the place of an object meanwhile, or archived with an older list, comes in the next round.
  for (let round = 0, looked = -1; round < mostRounds && looked !== done.looked; round++) {
    looked = done.looked
    for await (const object of index.objects({ tenant, notErasedUntil: until() })) {
      if (stopping?.aborted === true) throw new Error('stopped; told again, it goes on where it was')
      const outcome = await rewriteObject(parts, object, until())
      if (typeof outcome === 'string') faults.set(object.key, { fault: outcome, untilMs: object.retentionUntilMs })
      else {
        faults.delete(object.key)
        done.looked++
        if (outcome > 0) done.rewritten++
        done.messages += outcome
      }
      onProgress?.(done.looked)
    }
  }
  await deleteLeftovers(parts)
  return { ...done, ...leftOf([...faults.values()]) }
}

/** Each looks only at what is left; a round that found nothing is the last. */
const mostRounds = 5

interface Left {
  readonly fault: ObjectFault
  readonly untilMs: number
}

function leftOf(faults: readonly Left[]): Pick<Rewritten, 'left' | 'leftUntilMs' | 'expired'> {
  const left: Partial<Record<ObjectFault, number>> = {}
  const there = faults.filter(({ fault }) => fault !== 'expired')
  for (const { fault } of there) left[fault] = (left[fault] ?? 0) + 1
  const leftUntilMs = there.length === 0 ? undefined : Math.max(...there.map(({ untilMs }) => untilMs))
  return { left, leftUntilMs, expired: faults.length - there.length }
}

/** How many of its messages were changed or taken out; or why it could not be read. */
async function rewriteObject(
  parts: RewriteParts,
  object: ArchivedObject,
  until: number,
): Promise<number | ObjectFault> {
  const { rewriting } = parts
  if (object.dataClass === 'audit') {
    await rewriting.looked(object.key, until)
    return 0
  }
  const read = await readWithout(parts, object)
  if (typeof read === 'string') return read
  if (read.changed === 0) await rewriting.looked(object.key, until)
  else await putInPlace(parts, object, { records: read.records, until })
  return read.changed
}

async function readWithout({ store, forget, spoolFolder, clock }: RewriteParts, object: ArchivedObject) {
  const path = join(spoolFolder, randomUUID())
  try {
    const fault = faultOf(await fetchObject(store, object, path), object, clock())
    if (fault !== undefined) return fault
    const records: LogRecord[] = []
    let changed = 0
    for await (const group of readParquet(path))
      for (const record of group) {
        const kept = forget(record)
        if (kept !== record) changed++
        if (kept !== undefined) records.push(kept)
      }
    return { records, changed }
  } finally {
    await rm(path, { force: true })
  }
}

interface Kept {
  readonly records: readonly LogRecord[]
  readonly until: number
}

async function putInPlace(parts: RewriteParts, old: ArchivedObject, { records, until }: Kept): Promise<void> {
  const { rewriting } = parts
  const outcome = await rewriting.replace(
    old.key,
    records.length === 0 ? undefined : await putAnew(parts, old, { records, until }),
  )
  if (outcome === 'replaced') await deleteOne(parts, old.key)
}

async function putAnew(
  { store, rewriting, clock }: RewriteParts,
  old: ArchivedObject,
  { records, until }: Kept,
): Promise<ArchivedObject> {
  const { object, entry } = await fileOf(old, { tenant: old.tenant, day: old.day, records }, writeParquet)
  await rewriting.intend(object.key)
  const { storageClass } = await store.put(object)
  const { retentionUntilMs } = old
  return { ...entry, storageClass, retentionUntilMs, writtenMs: clock(), erasedUntil: until }
}

/** What a process before this one, killed, has left lying about. */
async function deleteLeftovers(parts: RewriteParts): Promise<void> {
  for (const key of await parts.rewriting.leftovers()) await deleteOne(parts, key)
}

async function deleteOne({ store, rewriting }: RewriteParts, key: string): Promise<void> {
  await store.remove(key)
  await rewriting.deleted(key)
}
