import type { LogRecord } from '#contracts/event-log.ts'
import { otlpBytesTaken } from '#contracts/message-size.ts'
import { encodingByContent } from '#contracts/otlp/told-by-content.ts'
import { next, type Outcome, park } from '#contracts/outcome.ts'
import { recordHeaders, type TimeWindows, windowsFor } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import { type TenantRules, tenantOf } from './cloud-event-tenant.ts'
import { expiresAtSeconds, refusedTime } from './cloud-event-times.ts'
import { type Attributed, tenantNamedBy } from './logs-attributes.ts'

export interface OtlpRules extends TenantRules {
  readonly windows: TimeWindows
  readonly privacy?: Privacy
}

/** Whose log line or span it is, and what follows from its time. */
export interface Placed {
  readonly tenant: string
  /** Epoch seconds. */
  readonly expiresAtSeconds: number
}

/** Where a log line or span belongs. Times are epoch milliseconds; for a log line both are the same. */
export function placeSignal(
  signal: Attributed,
  times: { readonly startMs: number; readonly endMs: number },
  record: LogRecord,
  rules: OtlpRules,
): Outcome<Placed> {
  const tenant = tenantOf(record, tenantNamedBy(signal), rules)
  if (typeof tenant !== 'string') return tenant
  const windows = windowsFor(rules.windows, tenant)
  const refused = refusedTime(times.startMs, record, windows) ?? refusedTime(times.endMs, record, windows)
  return refused ?? next({ tenant, expiresAtSeconds: expiresAtSeconds(times.endMs, record, windows) })
}

/** Epoch milliseconds of OTLP nanoseconds in decimal text, rounded down. */
export const msOfNanos = (nanos: string): number => (nanos.length > 6 ? Number(nanos.slice(0, -6)) : 0)

/**
 * OTLP nanoseconds as text that ClickHouse reads as one moment only: seconds, a point, nine digits. Without the point it
 * takes digits before September 2001 for seconds, which overflows and refuses the whole insert (measured on 26.7).
 */
export function storedNanos(nanos: string): string {
  const digits = nanos.padStart(19, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`
}

/** The refusal of a message that is too large to decode, or undefined. */
export const tooLargeForOtlp = (record: LogRecord): Outcome<never> | undefined =>
  record.value.length > otlpBytesTaken ? park('too_large', 'body: more than 4 MiB; send smaller batches') : undefined

/** What the record's header says; the Collector's Kafka exporter sets none, and its messages say it by their content. */
export function contentTypeOf({ headers, value }: LogRecord): string {
  const named = headers[recordHeaders.contentType]
  if (named !== undefined) return named
  const isProtobuf = typeof value !== 'string' && encodingByContent(value) === 'protobuf'
  return isProtobuf ? 'application/x-protobuf' : 'application/json'
}
