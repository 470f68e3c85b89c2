/** Why a record was dropped on purpose. A closed set, because it becomes a metric label. */
export type DropReason = 'duplicate_in_batch' | 'not_for_this_pipeline' | 'empty'

/** Why a record went to the dead-letter topic. A closed set, because it becomes a metric label. */
export type ParkReason =
  | 'malformed_json'
  | 'malformed_protobuf'
  | 'invalid_schema'
  | 'unknown_type'
  | 'unknown_tenant'
  | 'tenant_mismatch'
  | 'too_old'
  | 'too_far_ahead'
  | 'too_late'
  | 'too_large'
  | 'refused_by_store'
  | 'recompute_failed'
  /** A fault of callscope itself over this message. */
  | 'internal_error'

export const parkReasons: readonly ParkReason[] = [
  'malformed_json',
  'malformed_protobuf',
  'invalid_schema',
  'unknown_type',
  'unknown_tenant',
  'tenant_mismatch',
  'too_old',
  'too_far_ahead',
  'too_late',
  'too_large',
  'refused_by_store',
  'recompute_failed',
  'internal_error',
]

/**
 * What became of one record. Exceptions are bugs; this is the expected.
 * `detail` names the field and the fix. It never quotes the value: values may be personal data.
 */
export type Outcome<T> =
  | { readonly type: 'next'; readonly value: T }
  | { readonly type: 'drop'; readonly reason: DropReason }
  | { readonly type: 'park'; readonly reason: ParkReason; readonly detail: string }

export const next = <T>(value: T): Outcome<T> => ({ type: 'next', value })
export const drop = (reason: DropReason): Outcome<never> => ({ type: 'drop', reason })
export const park = (reason: ParkReason, detail: string): Outcome<never> => ({ type: 'park', reason, detail })
