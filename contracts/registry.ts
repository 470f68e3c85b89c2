import type { ArchiveIndex, ArchiveRewriting } from './archive.ts'
import type { AuditMarks } from './audit.ts'
import type { EpochMs } from './call-record.ts'
import type { ErasureStore } from './privacy.ts'

export interface Tenant {
  /** What the payloads call it (`tenantid`). */
  readonly id: string
  readonly name: string
}

export type Role = 'ingest' | 'reader' | 'administrator'

export interface ApiKey {
  readonly tenant: string
  readonly role: Role
}

/** A key as the registry knows it. Its id may be shown to people; the key itself is never stored. */
export interface KnownKey extends ApiKey {
  readonly id: string
  /** From then on it opens nothing; undefined: it has no end. */
  readonly expiresMs: EpochMs | undefined
  readonly revokedMs: EpochMs | undefined
}

export interface ListedKey extends KnownKey {
  readonly label: string
  readonly createdMs: EpochMs
  /** Up to a minute late; undefined: never, or not since callscope keeps it. */
  readonly lastUsedMs: EpochMs | undefined
}

export interface NewKey extends ApiKey {
  readonly sha256: string
  readonly label: string
  readonly expiresMs?: EpochMs | undefined
}

export interface TenantDirectory {
  tenants(): Promise<readonly Tenant[]>
  /** Add those that are missing; those that exist keep their settings. */
  ensureTenants(tenants: readonly Tenant[]): Promise<void>
  /** The key whose SHA-256 (lower-case hex) this is, or undefined. Clear keys are never stored. */
  findKey(sha256: string): Promise<KnownKey | undefined>
  /** Returns its id. The same key again is no error; for another tenant or role it is. */
  addKey(key: NewKey): Promise<string>
  /** Every key there is, latest first, without hashes; expired and revoked ones too. */
  keys(): Promise<readonly ListedKey[]>
}

/** How keys end, and which of them are in use. */
export interface KeyEnds {
  /** Revokes a key from now on; one that is revoked already stays so since then. Undefined: there is no such key. */
  revoke(id: string): Promise<KnownKey | undefined>
  /** When keys were used last, by id. Never moves a time back. */
  noteUses(uses: ReadonlyMap<string, EpochMs>): Promise<void>
  /** Hashes of the keys that open something now, latest first. */
  hashes(limit: number): Promise<readonly string[]>
}

/** Numbers that rise for ever: a recompute takes one before it reads. */
export interface VersionSequence {
  next(): Promise<number>
  /** At start, and whenever the sequence is found to have gone back: never hand out a number at or below one already stored in the warehouse. */
  raiseAbove(stored: number): Promise<void>
}

/** How far one source partition is known complete, for one tenant (docs/architecture.md, Watermark). */
export interface WatermarkEntry {
  /** '*' speaks for every tenant not named for this source. */
  readonly tenant: string
  /** `topic/partition`, or `import:<run>`. */
  readonly source: string
  readonly watermarkMs: EpochMs
  /** Read to its end when written: holds nobody back. */
  readonly atEnd: boolean
}

export interface WatermarkStore {
  /** Replaces the entries of the sources named. Written after raw is acknowledged. */
  write(entries: readonly WatermarkEntry[]): Promise<void>
  read(): Promise<readonly WatermarkEntry[]>
  remove(source: string): Promise<void>
}

/**
 * Who keeps watermarks going. A partition whose pipeline is down holds calls open, as it must: what waits in it may be theirs.
 * One whose pipeline nobody runs any more would hold them for ever.
 */
export interface WatermarkReaders {
  /** Say that this process runs the pipelines that read these topics. To be said again and again, also while they are stuck. */
  beat(topics: readonly string[]): Promise<void>
  /** Topics with watermarks that nobody has ever spoken for count from now on: a version before this one wrote them. */
  notice(): Promise<void>
  /** Topics that have watermarks, and for how long nobody has spoken for them: by the clock that all processes share. */
  silent(): Promise<readonly { readonly topic: string; readonly silentMs: number }[]>
}

/** How far a count of all that raw holds has come, so that one which is cut off goes on where it was. */
export interface CensusProgress {
  /** The slice to be counted next of each of these shards, if a count of it was begun less than `believedMs` ago. */
  reached(shards: readonly number[], believedMs: number): Promise<ReadonlyMap<number, number>>
  /** All before this slice is announced of these shards. */
  note(shards: readonly number[], nextSlice: number): Promise<void>
  /** To be said before their offsets are committed: of the next loss nothing is counted yet. */
  forget(shards: readonly number[]): Promise<void>
}

/** A cut (or re-join) by hand of two correlation ids. The highest sequence for a pair decides over all learnt links. */
export interface LinkCut {
  readonly tenant: string
  readonly a: string
  readonly b: string
  readonly action: 'cut' | 'join'
  readonly sequence: number
}

export interface LinkCutStore {
  add(cut: Omit<LinkCut, 'sequence'> & { readonly by: string }): Promise<LinkCut>
  /** Every cut or join that names one of these ids. */
  naming(tenant: string, ids: readonly string[]): Promise<readonly LinkCut[]>
}

export type RunStatus = 'running' | 'succeeded' | 'failed'

/** One bounded job: an import, a replay, a bulk recompute. */
export interface Run {
  readonly id: string
  readonly kind: 'import' | 'replay' | 'recompute'
  readonly status: RunStatus
  readonly startedMs: EpochMs
  readonly finishedMs: EpochMs | undefined
  /** What it was given (file names, never content). */
  readonly subject: string
  readonly counts: Readonly<Record<string, number>>
  readonly error: string | undefined
}

export interface RunStore {
  start(run: Pick<Run, 'id' | 'kind' | 'subject' | 'startedMs'>): Promise<void>
  /** Say that a run goes on. Whoever does one says so every few seconds; nothing happens where it has ended. */
  beat(id: string): Promise<void>
  finish(id: string, end: Pick<Run, 'status' | 'finishedMs' | 'counts' | 'error'>): Promise<void>
  /** Runs that have not ended, and for how long nothing was heard of each: by the clock that all processes share. */
  running(): Promise<readonly { readonly id: string; readonly silentMs: number }[]>
  list(limit: number): Promise<readonly Run[]>
}

/** A quality profile: thresholds with a version. Shape in quality/profile.ts. */
export interface StoredProfile {
  readonly version: string
  readonly validFromMs: EpochMs
  readonly thresholds: unknown
}

export interface ProfileStore {
  /** The tenant's profiles, oldest first; empty means the default profile holds. */
  profiles(tenant: string): Promise<readonly StoredProfile[]>
  /** A version is told once: false where the tenant has one of that name, or one that begins at the same moment. */
  add(tenant: string, profile: StoredProfile): Promise<boolean>
}

/** Everything Postgres keeps, behind one handle for the composition root. Parts take only what they need. */
export interface Registry {
  readonly tenants: TenantDirectory
  readonly keyEnds: KeyEnds
  readonly versions: VersionSequence
  readonly watermarks: WatermarkStore
  readonly watermarkReaders: WatermarkReaders
  readonly censusProgress: CensusProgress
  readonly cuts: LinkCutStore
  readonly runs: RunStore
  readonly profiles: ProfileStore
  readonly erasures: ErasureStore
  readonly archive: ArchiveIndex
  readonly auditMarks: AuditMarks
  readonly rewriting: ArchiveRewriting
  close(): Promise<void>
}
