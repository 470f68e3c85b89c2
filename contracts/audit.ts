import type { EpochMs } from './call-record.ts'
import type { MemberKey, Place } from './summaries.ts'

/** What may be wrong. A closed set, because it is a label: `unplaced_record` stands where nobody looks for it by its ids. */
export type DifferenceKind = 'minute' | 'missing_record' | 'second_record' | 'changed_record' | 'unplaced_record'

/** Something derived that does not follow from raw. */
export interface Difference extends MemberKey {
  readonly kind: DifferenceKind
  /** Epoch minutes concerned, for `minute`. */
  readonly minutes: readonly number[]
  /** What exactly was seen: equal at two looks means that nothing has moved between. */
  readonly seen: string
  /** For `second_record` and `unplaced_record`: where the live records stand. */
  readonly places: readonly Place[]
}

/** Ids in their order (tenant, id): after the first, up to and with the last. Left out: from the beginning, to the end. */
export interface IdStretch {
  readonly after?: MemberKey | undefined
  readonly until?: MemberKey | undefined
}

/** Event time [from, to), epoch milliseconds in whole minutes, of a stretch of ids. */
export interface MinuteWindow extends IdStretch {
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
}

export interface LookedMinutes {
  readonly differences: readonly Difference[]
  /** Samples of the window: raw ones, and those that minutes count. Where all is settled and nothing frozen they are equal. */
  readonly rawRows: number
  readonly countedRows: number
}

/** Where a record stands, in the order in which records are kept. */
export interface RecordKey extends MemberKey {
  readonly atMs: EpochMs
}

/** Records in their order (tenant, start, id): after the first, up to and with the last, of those that start in [from, to). */
export interface RecordStretch {
  readonly after?: RecordKey | undefined
  readonly until?: RecordKey | undefined
  readonly fromMs?: EpochMs
  readonly toMs?: EpochMs
}

/** A settled record as stored, with the JSON of it. */
export interface SettledCall extends RecordKey {
  readonly version: number
  readonly record: string
}

/**
 * Looks at what is stored from the other side: does the derived follow from raw? What a look reads grows with its window
 * and its stretch alone, never with what the warehouse holds; `…End` tells how far a stretch goes that holds so many rows.
 */
export interface AuditReader extends MinuteAudit, RecordAudit {}

export interface MinuteAudit {
  /** Days that hold samples, epoch milliseconds, in order. */
  rawDays(): Promise<readonly EpochMs[]>
  /** The last of the first so many ids that have samples in the window; undefined: they are fewer. */
  sampledEnd(window: MinuteWindow, ids: number): Promise<MemberKey | undefined>
  /**
   * Samples of the window against their minutes, which are looked up by id: what comes now lies anywhere among the minutes
   * of a month. Minutes of ids without a sample there are left to `minutes`.
   */
  sampled(window: MinuteWindow, logNowMs: EpochMs): Promise<LookedMinutes>
  /** Ids with samples in the window that no live record holds. */
  sampledUnrecorded(window: MinuteWindow): Promise<readonly Difference[]>
  /** The last id of the first so many minutes in the window; undefined: they are fewer. */
  minutesEnd(window: MinuteWindow, rows: number): Promise<MemberKey | undefined>
  /** Minutes of the window whose row count or checksum sum differs from raw, both wholly covered by raw. */
  minutes(window: MinuteWindow, logNowMs: EpochMs): Promise<LookedMinutes>
  /** Ids with minutes or events, of any time, that no live record holds. */
  unrecorded(stretch: IdStretch): Promise<readonly Difference[]>
}

export interface RecordAudit {
  /** The last id of the first so many places; undefined: they are fewer. */
  placesEnd(stretch: IdStretch, rows: number): Promise<MemberKey | undefined>
  /** Ids of the stretch that more than one live record holds, as far as places are known. */
  shared(stretch: IdStretch): Promise<readonly Difference[]>
  /** The last of the first so many records; undefined: they are fewer. */
  recordsEnd(stretch: RecordStretch, rows: number): Promise<RecordKey | undefined>
  /** Members of live records of the stretch whose places do not tell of that record. */
  unplaced(stretch: RecordStretch): Promise<readonly Difference[]>
  /** The first settled records of the stretch whose raw is whole. */
  settled(stretch: RecordStretch, limit: number, logNowMs: EpochMs): Promise<readonly SettledCall[]>
  /** The greatest version stored above this one; this one where there is none. */
  newestVersion(above: number): Promise<number>
  /** Of the settled records written at these versions, and whose raw is whole, at most so many, taken evenly. */
  settledBy(versions: VersionRange, limit: number, logNowMs: EpochMs): Promise<readonly SettledCall[]>
}

export interface VersionRange {
  readonly above: number
  readonly upTo: number
}

/** How far each sweep of the auditor has come. It goes on there, whichever process looks next. */
export interface AuditMarks {
  read(): Promise<ReadonlyMap<string, string>>
  write(sweep: string, mark: string): Promise<void>
}
