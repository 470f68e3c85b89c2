import type { ArchivedObject, ArchiveIndex, ObjectStore } from '#contracts/archive.ts'
import type { Clock } from '#contracts/clock.ts'
import { GivenUpError } from '#contracts/errors.ts'
import type { EventLog, Membership, Polled, TopicPartition } from '#contracts/event-log.ts'
import { callTopics, topicNames } from '#contracts/topics.ts'
import type { FullCut } from './archive/cutter.ts'
import { encodable } from './archive/encodable.ts'
import { type EncodeFile, filesOf } from './archive/files.ts'
import { createOpenCuts, nameOf, type OpenCutRules, type OpenCuts } from './archive/open-cuts.ts'
import { resumeAt } from './archive/resume.ts'
import { createTenantOf } from './archive/tenants.ts'
import { persist } from './persist.ts'
import type { Pipeline, PipelineObserver, PipelineParts } from './pipeline.ts'
import type { ForgetMessage } from './privacy/forget-messages.ts'
import type { TenantRules } from './steps/cloud-event-tenant.ts'

/** What is archived: everything that is sent. Announcements are made of it, and dead letters are copies of it. */
export const archivedTopics: readonly string[] = [
  ...callTopics,
  ...[topicNames.chatEvents, topicNames.presenceEvents, topicNames.auditEvents],
  ...[topicNames.appLogs, topicNames.traceSpans],
]

export interface ArchiveObserver extends Pick<PipelineObserver, 'records' | 'retry' | 'fault'> {
  /** An object is stored and in the index. */
  archived?(object: ArchivedObject): void
  /** Messages that the log forgot before they were archived. */
  lost?(place: TopicPartition, messages: number): void
}

export interface ArchiveParts extends TenantRules {
  readonly log: EventLog
  readonly store: Pick<ObjectStore, 'put'>
  readonly index: Pick<ArchiveIndex, 'last' | 'add'>
  readonly encode: EncodeFile
  /** What is archived of a message: nothing of those who are to be forgotten, up to the erasure of this sequence. */
  readonly forgetting?: { readonly forget: ForgetMessage; readonly until: () => number }
  /** Builds the dead letter of a message that cannot be encoded. */
  readonly deadLetter: PipelineParts['deadLetter']
  readonly clock: Clock
  readonly observer: ArchiveObserver
  readonly rules: OpenCutRules & { readonly retentionMs: number }
  readonly topics?: readonly string[]
  readonly limits?: Partial<typeof defaultLimits>
}

const defaultLimits = { maxRecords: 30_000, maxBytes: 24 * 1_048_576, waitMs: 500 }

/**
 * Raw messages to files, as sent but for those who were erased: read -> cut by log time -> store each tenant's file -> note them in the index
 * -> commit. What is stored and not in the index is not in the archive: a cut is there whole, once, or not at all.
 */
export function createArchivePipeline(parts: ArchiveParts): Pipeline {
  const { log, observer } = parts
  const limits = { ...defaultLimits, ...parts.limits }
  const archive = createArchiving(parts)
  const cuts = createOpenCuts(parts.rules)
  let idle = false

  async function follow(reader: Reader): Promise<void> {
    const { membership, signal } = reader
    let generation: number | undefined
    while (!signal.aborted) {
      const polled = await insist(reader, 'log', () => membership.poll(limits, signal))
      if (polled.generation === generation) {
        observer.records('archive', polled)
        if ((await finish(reader, polled)) === 'overtaken') generation = undefined
        idle = polled.positions.every(({ next, end }) => next >= end)
        continue
      }
      // What was in hand may be others' now: everything that is assigned begins anew where the index ends.
      idle = false
      cuts.clear()
      const isResumed = await resumeAll(reader, polled.assignment)
      generation = isResumed ? polled.generation : undefined
    }
  }

  return {
    name: 'archive',
    // What waits for its window to pass is in the log: nobody need wait for that.
    idle: () => idle,
    async run(signal) {
      const membership = await log.join({ group: 'archive', topics: parts.topics ?? archivedTopics })
      try {
        await follow({ parts, archive, cuts, membership, signal })
      } catch (error) {
        // Stopped while something could not be stored: it was not committed, and comes again.
        if (!signal.aborted) throw error
      } finally {
        cuts.clear()
        await membership.leave()
      }
    },
  }
}

/** One member that reads what is to be archived. */
interface Reader {
  readonly parts: ArchiveParts
  readonly archive: ReturnType<typeof createArchiving>
  readonly cuts: OpenCuts
  readonly membership: Membership
  readonly signal: AbortSignal
}

const insist = <Result>({ parts, signal }: Reader, what: string, work: () => Promise<Result>) =>
  persist(work, { signal, onRetry: (cause) => parts.observer.retry('archive', what, cause) })

/** Begins, or goes on where the index ends, whatever was committed. */
async function resume(reader: Reader, { topic, partition }: TopicPartition): Promise<void> {
  const { parts, cuts, membership } = reader
  const start = await insist(reader, 'log or registry', () => resumeAt({ topic, partition }, parts))
  if (start.lost > 0) parts.observer.lost?.({ topic, partition }, start.lost)
  cuts.begin(start)
  membership.seek({ topic, partition, offset: start.fromOffset })
}

/** False: the group has moved on meanwhile, or the index is ahead of what this member knows of the log. The next poll tells. */
async function resumeAll(reader: Reader, places: readonly TopicPartition[]): Promise<boolean> {
  try {
    for (const place of places) await resume(reader, place)
    return true
  } catch (error) {
    if (reader.signal.aborted || error instanceof GivenUpError) throw error
    reader.parts.observer.retry('archive', 'log', error instanceof Error ? error : new Error('failed'))
    reader.cuts.clear()
    return false
  }
}

/** `overtaken`: others have archived some of it meanwhile. The partition may be theirs now, which the next poll tells. */
async function finish(reader: Reader, polled: Polled): Promise<'done' | 'overtaken'> {
  const { archive, cuts, membership, signal } = reader
  const done = new Map<string, TopicPartition & { readonly offset: number }>()
  let outcome: 'done' | 'overtaken' = 'done'
  for (const cut of cuts.take(polled)) {
    if ((await archive(cut, signal)) === 'covered') {
      outcome = 'overtaken'
      break
    }
    const { topic, partition, toOffset: offset } = cut
    done.set(nameOf(cut), { topic, partition, offset })
  }
  if (done.size > 0) await insist(reader, 'log', () => membership.commit([...done.values()], polled.generation))
  return outcome
}

/** Stores the files of a cut and notes them. `covered`: somebody else has archived some of it, within other bounds. */
function createArchiving(parts: ArchiveParts) {
  const { log, store, index, encode, deadLetter, observer, rules, clock, forgetting, ...tenantRules } = parts
  const tenantOf = createTenantOf(tenantRules)
  const onRetry = (what: string) => (cause: Error) => observer.retry('archive', what, cause)

  async function archiveAs(cut: FullCut, signal: AbortSignal): Promise<'added' | 'covered'> {
    const objects: ArchivedObject[] = []
    // Before anything is looked at: what the list learns meanwhile, these objects may still hold.
    const erasedUntil = forgetting?.until() ?? 0
    const kept =
      forgetting === undefined ? cut : { ...cut, records: cut.records.flatMap((one) => forgetting.forget(one) ?? []) }
    for await (const { object, entry } of filesOf(kept, tenantOf, encode)) {
      const { storageClass } = await persist(() => store.put(object), { signal, onRetry: onRetry('object store') })
      const retentionUntilMs = entry.lastLogMs + rules.retentionMs
      objects.push({ ...entry, storageClass, retentionUntilMs, writtenMs: clock(), erasedUntil })
    }
    const outcome = await persist(() => index.add(cut, objects), { signal, onRetry: onRetry('registry') })
    if (outcome === 'added') for (const object of objects) observer.archived?.(object)
    return outcome
  }

  return async function archive(cut: FullCut, signal: AbortSignal): Promise<'added' | 'covered'> {
    try {
      return await archiveAs(cut, signal)
    } catch (fault) {
      // All that waits for others has its own retries: what is left is a message that cannot be put into a file.
      if (signal.aborted || fault instanceof GivenUpError) throw fault
      const { cut: rest, parked } = await encodable(cut, { tenantOf, encode, fault })
      for (const { detail } of parked) observer.fault?.('archive', detail)
      await persist(() => log.append(deadLetter('archive', parked)), { signal, onRetry: onRetry('log') })
      return archiveAs(rest, signal)
    }
  }
}
