/** Why a shipment is sent again: the same rows, later. A closed set, because it becomes a metric label. */
export const retryReasons = [
  'rate_limited',
  'stream_limit',
  'server_error',
  'timeout',
  'unreachable',
  'credential',
  'blocked',
  'wrong_address',
] as const
export type RetryReason = (typeof retryReasons)[number]

/** Why rows can never be stored. A closed set, because it becomes a metric label. */
export const refusalReasons = [
  'too_old',
  'too_far_ahead',
  'too_far_behind',
  'line_too_long',
  'metadata',
  'labels',
  'too_large',
  'trace_too_large',
  'tenant_name',
  'rejected_by_receiver',
  'other',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** What was shortened or left out of rows that are stored all the same. */
export const cutReasons = ['line', 'metadata', 'service_name', 'services_full'] as const
export type CutReason = (typeof cutReasons)[number]

/** What a delivery over HTTP tells about itself. Counts may rise twice on a replay. */
export interface DeliveryObserver {
  /** Acknowledged: rows, and bytes as they went over the wire. */
  stored(sink: string, rows: number, bytes: number): void
  retry(sink: string, reason: RetryReason): void
  /** Lost for good; a sample of them goes to the dead letters. */
  refused(sink: string, reason: RefusalReason, rows: number): void
  cut(sink: string, reason: CutReason, rows: number): void
}

export const noObserver: DeliveryObserver = {
  stored: () => undefined,
  retry: () => undefined,
  refused: () => undefined,
  cut: () => undefined,
}
