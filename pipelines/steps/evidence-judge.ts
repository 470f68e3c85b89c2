import type { EvidenceRow } from '#contracts/call-record.ts'
import type { LogLine, Span } from '#contracts/signals/otlp.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { beginningOf } from '#contracts/well-formed.ts'
import { rowChecksum64, stableJson } from './checksum.ts'
import { logLineHash } from './logs-decode.ts'
import { msOfNanos } from './logs-place.ts'
import { type spanKindNames, spanKindOf, spanTimes } from './spans-decode.ts'

/** A piece of evidence before it is known whose it is. */
export type Evidence = Omit<EvidenceRow, 'subject'>

/** Longest duration, milliseconds, that is no evidence, by span kind. Kinds left out are never slow. */
export type SlowSpanMs = { readonly [Kind in (typeof spanKindNames)[number]]?: number }

/**
 * A caller notices two seconds of call set-up; a client waits for its server and the network between, hence more.
 * Internal spans are parts of those, and producers and consumers wait on purpose.
 */
export const defaultSlowSpanMs: SlowSpanMs = { Server: 2_000, Client: 5_000 }

/** OTLP SeverityNumber (logs data model, "Severity Fields"): 13-16 WARN, 17-20 ERROR, 21-24 FATAL. */
const warning = 13
const error = 17

/** True of what is evidence: a log line at warning or above. */
export const isWarning = ({ severityNumber }: LogLine): boolean => severityNumber >= warning

/** A log line at warning or above, as evidence. Undefined for all others. */
export function warningOf(line: LogLine): Evidence | undefined {
  if (!isWarning(line)) return undefined
  return {
    kind: 'log',
    id: logLineHash(line),
    atMs: msOfNanos(line.timeUnixNano),
    severity: line.severityNumber,
    reason: line.severityNumber < error ? 'log_warning' : 'log_error',
    service: line.serviceName,
    name: line.scopeName,
    detail: cut(line.body),
    durationMs: 0,
    traceId: line.traceId,
    spanId: line.spanId,
  }
}

/** A failed or slow span, as evidence. A span that is both has failed. Undefined for all others. */
export function spanEvidence(span: Span, slowSpanMs: SlowSpanMs): Evidence | undefined {
  const { startMs, endMs } = spanTimes(span)
  const failed = span.statusCode === 2
  const kind = spanKindOf(span)
  if (!failed && endMs - startMs <= (slowSpanMs[kind] ?? Number.POSITIVE_INFINITY)) return undefined
  return {
    kind: 'span',
    id: `${span.traceId}:${span.spanId}:${kind}`,
    atMs: startMs,
    severity: failed ? error : warning,
    reason: failed ? 'span_failed' : 'span_slow',
    service: span.serviceName,
    name: span.name,
    detail: cut(span.statusMessage === '' ? exceptionOf(span) : span.statusMessage),
    durationMs: Math.min(endMs - startMs, maxUint32),
    traceId: span.traceId,
    spanId: span.spanId,
  }
}

/** Message of the span's last exception (OpenTelemetry semantic conventions for exceptions on spans), or ''. */
function exceptionOf({ events }: Span): string {
  const message = events.findLast(({ name }) => name === 'exception')?.attributes['exception.message']
  return typeof message === 'string' ? message : ''
}

interface Whose {
  readonly tenant: string
  readonly subject: string
  /** Epoch seconds. */
  readonly expiresAtSeconds: number
  /** A person was cut out of it. */
  readonly erased?: boolean
}

/** The row for `call_evidence`. */
export const evidenceCells = (
  evidence: Evidence,
  { tenant, subject, expiresAtSeconds, erased = false }: Whose,
): readonly Cell[] => [
  ...[tenant, subject, evidence.kind, evidence.id, evidence.atMs, evidence.severity, evidence.reason],
  ...[evidence.service, evidence.name, evidence.detail, evidence.durationMs, evidence.traceId, evidence.spanId],
  rowChecksum64(stableJson(evidence), erased),
  expiresAtSeconds,
]

/** `duration_ms` is a UInt32: 49 days. */
const maxUint32 = 0xffff_ffff

// Enough to tell what went wrong; the whole line is one click away in the logs.
const maxDetail = 500

/** The first 500 UTF-16 units, without half a character at the end. */
const cut = (text: string): string => beginningOf(text, maxDetail)
