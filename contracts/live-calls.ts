import type { CallListItem, TenantScope } from './warehouse.ts'

/** A record as it was written last, or the place of one that is no more. */
export interface ChangedCall {
  readonly item: CallListItem
  /** Correlation ids of the call. */
  readonly members: readonly string[]
  readonly deleted: boolean
}

/** Which versions are asked for. One recompute has one version, and may be done later than one with a higher version. */
export interface ChangedVersions {
  readonly above: number
  readonly except: readonly number[]
  readonly limit: number
}

/** What changed among calls, for whoever looks again and again. */
export interface CallChanges {
  /** The greatest version that any record has; 0 without records. */
  newest(): Promise<number>
  /** Each call once, as of its greatest version; ones that are no more too. In order of version, at most `limit`. */
  changed(versions: ChangedVersions): Promise<readonly ChangedCall[]>
  /** Correlation ids that this may mean: itself, and those that carry it as an id of another kind. */
  idsNamed(tenant: TenantScope, q: string): Promise<readonly string[]>
}
