import type { EpochMs } from './call-record.ts'
import type { MemberKey, Place } from './summaries.ts'

export type DifferenceKind = 'minute' | 'missing_record' | 'second_record' | 'changed_record'

/** Something derived that does not follow from raw. */
export interface Difference extends MemberKey {
  readonly kind: DifferenceKind
  /** Epoch minutes concerned, for `minute`. */
  readonly minutes: readonly number[]
  /** What exactly was seen: equal at two looks means that nothing has moved between. */
  readonly seen: string
  /** For `second_record`: where the live records stand. */
  readonly places: readonly Place[]
}

/** A settled record as stored, with the JSON of it. */
export interface SettledCall extends MemberKey {
  readonly version: number
  readonly asOfMs: EpochMs
  readonly record: string
}

export interface AuditReader {
  /** Minutes in [from, to) whose row count or checksum sum differs from raw, both wholly covered by raw. */
  minutes(fromMs: EpochMs, toMs: EpochMs, logNowMs: EpochMs): Promise<readonly Difference[]>
  /** Samples in [from, to): raw ones, and those that minutes count. Where both are settled and nothing is frozen they are equal. */
  rows(fromMs: EpochMs, toMs: EpochMs): Promise<{ readonly raw: number; readonly counted: number }>
  /** Ids with minutes in [from, to) that no live record holds, and ids that more than one holds. */
  records(fromMs: EpochMs, toMs: EpochMs): Promise<readonly Difference[]>
  /** At most `limit` settled, not frozen records that start in [from, to). */
  settled(fromMs: EpochMs, toMs: EpochMs, limit: number, logNowMs: EpochMs): Promise<readonly SettledCall[]>
}
