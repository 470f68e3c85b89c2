import { bytesOf } from '#contracts/event-log.ts'
import { decodeLogs } from '#contracts/otlp/decode.ts'
import type { Decode } from '#contracts/pipeline.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import { contentHash128, stableJson } from './checksum.ts'
import { attributeMap, correlationIdOf, createResourceMap } from './logs-attributes.ts'
import { contentTypeOf, msOfNanos, type OtlpRules, placeSignal, storedNanos, tooLargeForOtlp } from './logs-place.ts'

/** Application logs, OTLP, to `otel_logs`. Whatever is wrong with a message is parked here, not by `evidence`, which reads it too. */
export function createLogsDecode(rules: OtlpRules): Decode {
  const { privacy = defaultPrivacy } = rules
  const resourceMap = createResourceMap()

  return function decodeLogLines(record, into) {
    const tooLarge = tooLargeForOtlp(record)
    if (tooLarge?.type === 'park') return into.park(tooLarge.reason, tooLarge.detail)
    const decoded = decodeLogs(bytesOf(record), contentTypeOf(record))
    if (decoded.type === 'malformed') return into.park(decoded.reason, decoded.detail)
    for (const { detail } of decoded.refused) into.park('invalid_schema', detail)
    for (const line of decoded.lines) {
      const atMs = msOfNanos(line.timeUnixNano)
      const placed = placeSignal(line, { startMs: atMs, endMs: atMs }, record, rules)
      if (placed.type === 'park') into.park(placed.reason, placed.detail)
      else if (placed.type === 'next') {
        const whose = { tenant: placed.value.tenant, atMs, correlationId: correlationIdOf(line) }
        into.row('otel_logs', cellsOf(privacy.line(line, whose), placed.value))
      }
    }
  }

  function cellsOf(line: LogLine, { tenant, expiresAtSeconds }: { tenant: string; expiresAtSeconds: number }) {
    return [
      storedNanos(line.timeUnixNano),
      line.traceId,
      line.spanId,
      line.severityText,
      line.severityNumber,
      line.serviceName,
      line.body,
      resourceMap(line.resource),
      line.scopeName,
      attributeMap(line.attributes),
      tenant,
      correlationIdOf(line) ?? '',
      logLineHash(line),
      expiresAtSeconds,
    ]
  }
}

/**
 * What this line is: 128 bits of its resource, time, body, attributes, and of its trace, severity and scope, so that
 * two requests which say the same in the same nanosecond stay two lines. Tenant and arrival are no part of it. Of the line as it
 * is stored, without personal data: a hash over a number could be turned back into it by trying (docs/decisions/0024).
 */
export const logLineHash = (line: LogLine): string =>
  contentHash128(
    stableJson([
      ...[line.resource, line.timeUnixNano, line.body, line.attributes],
      ...[line.traceId, line.spanId, line.severityNumber, line.severityText, line.scopeName],
    ]),
  )
