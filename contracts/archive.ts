import type { TopicPartition } from './event-log.ts'

/** What a bucket's lifecycle rules can tell apart: objects are tagged with it. A closed set. */
export type DataClass = 'calls' | 'logs' | 'traces' | 'audit' | 'activity'

/** A registered tenant's id; or, of messages that name none that is registered, or several, one of these. */
export const unknownTenant = '_unknown'
export const mixedTenant = '_mixed'

/** What has been archived of one partition: every offset in [fromOffset, toOffset), in one or several objects, or in none. */
export interface Cut extends TopicPartition {
  /** Counts the lives of the log: a topic made anew begins again at offset 0, and is another log. */
  readonly epoch: number
  readonly fromOffset: number
  readonly toOffset: number
  /** Log time of the message before `toOffset`, epoch milliseconds: tells whether the log is still the same. */
  readonly lastLogMs: number
}

/** One object of the archive, as its index knows it. Times are epoch milliseconds. */
export interface ArchivedObject extends TopicPartition {
  readonly key: string
  readonly epoch: number
  /** Bounds of the cut. Other objects of the cut hold its messages of other tenants and days. */
  readonly fromOffset: number
  readonly toOffset: number
  readonly tenant: string
  /** UTC day of the messages' log time, `2026-01-31`. */
  readonly day: string
  readonly firstLogMs: number
  readonly lastLogMs: number
  readonly rows: number
  readonly bytes: number
  /** Of the object's bytes, lower-case hex. */
  readonly sha256: string
  readonly dataClass: DataClass
  /** As it was when the object was written; a lifecycle rule may have moved it since. */
  readonly storageClass: string
  readonly retentionUntilMs: number
  readonly writtenMs: number
  /** Sequence of the last erasure that its messages are without; 0: of none. */
  readonly erasedUntil: number
}

export interface NewObject {
  readonly key: string
  readonly body: Uint8Array
  readonly sha256: string
  readonly dataClass: DataClass
}

/** `frozen`: it lies in a storage class that answers only after it has been restored. */
export type ObjectState =
  | { readonly type: 'ready'; readonly bytes: number; readonly storageClass: string }
  | { readonly type: 'frozen'; readonly storageClass: string; readonly restoring: boolean }
  | { readonly type: 'missing' }

export type ObjectContent =
  | { readonly type: 'ready'; readonly body: AsyncIterable<Uint8Array> }
  | Exclude<ObjectState, { readonly type: 'ready' }>

/** Where objects lie. It is never listed: the index knows them. Whatever may pass with time is thrown; the caller tries again. */
export interface ObjectStore {
  /** Scheme and place, without secrets: for people. */
  readonly name: string
  /** Resolves when the whole object is durable. The same key and bytes again change nothing. */
  put(object: NewObject): Promise<{ readonly storageClass: string }>
  head(key: string): Promise<ObjectState>
  get(key: string): Promise<ObjectContent>
  /** Resolves when it is gone; so where it never was. Only what an erasure has replaced, and what was put to try the store out. */
  remove(key: string): Promise<void>
  close(): Promise<void>
}

/** Which objects. Times are log times, epoch milliseconds: since is inclusive, until is not. */
export interface ArchiveFilter {
  /** Also finds the objects of nobody in particular, which may hold messages of this tenant. */
  readonly tenant?: string | undefined
  readonly topic?: string | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  /** Only objects that were not looked through for the erasure of this sequence. */
  readonly notErasedUntil?: number | undefined
}

/** One line of what lies in the archive. */
export interface ArchiveSummary {
  readonly tenant: string
  readonly day: string
  readonly topic: string
  readonly objects: number
  readonly rows: number
  readonly bytes: number
  /** Least of its objects, epoch milliseconds. */
  readonly retentionUntilMs: number
}

/** The index of objects: what is not in it is not in the archive, whatever lies in the store. */
export interface ArchiveIndex {
  /** Where archiving of this partition goes on. Undefined: nothing of it is archived. */
  last(place: TopicPartition): Promise<Cut | undefined>
  /**
   * Notes a cut and its objects, all or nothing. The same cut again is `added` and changes nothing. `covered`: others have
   * archived some of these offsets, within other bounds; nothing was noted.
   */
  add(cut: Cut, objects: readonly ArchivedObject[]): Promise<'added' | 'covered'>
  /** By first log time, then key. */
  objects(filter: ArchiveFilter): AsyncIterable<ArchivedObject>
  /** By day, latest first, then tenant and topic. */
  summary(filter: ArchiveFilter, limit: number): Promise<readonly ArchiveSummary[]>
}

/** Objects that are written anew without those who were erased. Every step may be repeated, and be the last of a process. */
export interface ArchiveRewriting {
  /** Notes that this object needs no other in its place, up to the erasure of this sequence. */
  looked(key: string, until: number): Promise<void>
  /** Notes, before it is put, the key of an object that is to come into the place of another. */
  intend(key: string): Promise<void>
  /**
   * Puts another row, or none, in the place of one, and notes that the old object is to be deleted: all or nothing. `gone`:
   * somebody else has done so; nothing was changed.
   */
  replace(key: string, by: ArchivedObject | undefined): Promise<'replaced' | 'gone'>
  /** Keys of objects that may lie in the store, and that no row names or will name. */
  leftovers(): Promise<readonly string[]>
  /** Notes that it is deleted. */
  deleted(key: string): Promise<void>
}
