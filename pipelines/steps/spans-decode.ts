import { bytesOf, type LogRecord } from '#contracts/event-log.ts'
import { decodeSpans } from '#contracts/otlp/decode.ts'
import { type Outcome, park } from '#contracts/outcome.ts'
import type { Decode } from '#contracts/pipeline.ts'
import type { Span } from '#contracts/signals/otlp.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import { rowChecksum64, stableJson } from './checksum.ts'
import { attributeMap, correlationIdOf, createResourceMap } from './logs-attributes.ts'
import {
  contentTypeOf,
  msOfNanos,
  type OtlpRules,
  type Placed,
  placeSignal,
  storedNanos,
  tooLargeForOtlp,
} from './logs-place.ts'

/** As the OpenTelemetry Collector's ClickHouse exporter writes them (pdata's SpanKind.String()). */
export const spanKindNames = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const statusNames = ['Unset', 'Ok', 'Error'] as const

/** Trace spans, OTLP, to `otel_traces`. Whatever is wrong with a message is parked here, not by `evidence`, which reads it too. */
export function createSpansDecode(rules: OtlpRules): Decode {
  const { privacy = defaultPrivacy } = rules
  const resourceMap = createResourceMap()

  return function decodeTraceSpans(record, into) {
    const tooLarge = tooLargeForOtlp(record)
    if (tooLarge?.type === 'park') return into.park(tooLarge.reason, tooLarge.detail)
    const decoded = decodeSpans(bytesOf(record), contentTypeOf(record))
    if (decoded.type === 'malformed') return into.park(decoded.reason, decoded.detail)
    for (const { detail } of decoded.refused) into.park('invalid_schema', detail)
    for (const span of decoded.spans) {
      const placed = placeSpan(span, record, rules)
      if (placed.type === 'park') into.park(placed.reason, placed.detail)
      else if (placed.type === 'next') into.row('otel_traces', cellsOf(span, placed.value))
    }
  }

  function cellsOf(sent: Span, { tenant, expiresAtSeconds }: Placed): readonly Cell[] {
    const whose = { tenant, atMs: spanTimes(sent).endMs, correlationId: correlationIdOf(sent) }
    const { span, erased } = privacy.span(sent, whose)
    return [
      ...[
        storedNanos(span.startTimeUnixNano),
        span.traceId,
        span.spanId,
        span.parentSpanId,
        span.traceState,
        span.name,
      ],
      ...[spanKindOf(span), span.serviceName, resourceMap(span.resource), span.scopeName],
      attributeMap(span.attributes),
      (BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)).toString(),
      statusNames[span.statusCode] ?? 'Unset',
      span.statusMessage,
      span.events.map(({ timeUnixNano }) => storedNanos(timeUnixNano)),
      span.events.map(({ name }) => name),
      span.events.map(({ attributes }) => attributeMap(attributes)),
      span.links.map(({ traceId }) => traceId),
      span.links.map(({ spanId }) => spanId),
      tenant,
      correlationIdOf(span) ?? '',
      rowChecksum64(stableJson(span), erased),
      expiresAtSeconds,
    ]
  }
}

/** As any signal; a span with an event ahead of the log is refused whole, because no store takes a date without bound. */
function placeSpan(span: Span, record: LogRecord, rules: OtlpRules): Outcome<Placed> {
  const latest = span.events.reduce((ms, { timeUnixNano }) => Math.max(ms, msOfNanos(timeUnixNano)), 0)
  if (latest > record.logTimeMs + rules.windows.maxAheadMs) return eventAhead
  return placeSignal(span, spanTimes(span), record, rules)
}

const eventAhead = park(
  'too_far_ahead',
  'events.timeUnixNano: further ahead of the log than allowed; check the clock of the producer',
)

export const spanKindOf = (span: Span): (typeof spanKindNames)[number] => spanKindNames[span.kind] ?? 'Unspecified'

/** Epoch milliseconds of a span's start and end. */
export const spanTimes = (span: Span): { readonly startMs: number; readonly endMs: number } => ({
  startMs: msOfNanos(span.startTimeUnixNano),
  endMs: msOfNanos(span.endTimeUnixNano),
})
