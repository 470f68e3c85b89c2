import { mixedTenant, unknownTenant } from '#contracts/archive.ts'
import { bytesOf, type LogRecord, textOf } from '#contracts/event-log.ts'
import { decodeLogs, decodeSpans } from '#contracts/otlp/decode.ts'
import { encodeLogsRequest, encodeSpansRequest } from '#contracts/otlp/encode.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import type { LogLine, Span } from '#contracts/signals/otlp.ts'
import { topicNames } from '#contracts/topics.ts'
import type { TenantOf } from '../archive/tenants.ts'
import { correlationIdOf, tenantNamedBy } from '../steps/logs-attributes.ts'
import { contentTypeOf, msOfNanos } from '../steps/logs-place.ts'
import type { ErasedSubjects } from './erased.ts'
import { createEventForgetter, type ErasingTenants } from './forget-events.ts'

export interface ForgetMessagesParts {
  /** Erasures alone, from `createForgetting`. */
  readonly forgetting: Privacy
  readonly erased: () => ErasedSubjects
  readonly tenantOf: TenantOf
}

/**
 * A message as it was sent, without those who were erased: the same object where it names none of them, undefined where
 * nothing of it may be kept, because it cannot be read and names one.
 */
export type ForgetMessage = (record: LogRecord) => LogRecord | undefined

/**
 * Forgets in raw messages what decoding forgets: decoded again, they make the rows that the message as it was sent makes now.
 * Audit events are left as they are: they have to say who did what.
 */
export function createForgetMessages({ forgetting, erased, tenantOf }: ForgetMessagesParts): ForgetMessage {
  const events = createEventForgetter({ forgetting, erased })

  return function forget(record) {
    const { tenants } = erased()
    if (tenants.length === 0 || record.topic === topicNames.auditEvents) return record
    const of = tenantOf(record)
    const isShared = of === mixedTenant || of === unknownTenant
    if (!isShared && !tenants.includes(of)) return record
    const asked: ErasingTenants = (named) =>
      isShared ? tenants.filter((one) => named === undefined || one === named) : [of]
    const clean = cleaned(record, asked)
    return clean === undefined || clean.key === null || !events.names(clean.key, asked(undefined), record.logTimeMs)
      ? clean
      : { ...clean, key: null }
  }

  function cleaned(record: LogRecord, asked: ErasingTenants): LogRecord | undefined {
    if (record.topic === topicNames.appLogs) return cleanLines(record, asked)
    if (record.topic === topicNames.traceSpans) return cleanSpans(record, asked)
    return events.forget(record, asked)
  }

  function cleanLines(record: LogRecord, asked: ErasingTenants): LogRecord | undefined {
    const decoded = decodeLogs(bytesOf(record), contentTypeOf(record))
    if (decoded.type === 'malformed') return unlessNamed(record, asked)
    const lines = decoded.lines.map((line) =>
      asked(tenantNamedBy(line)).reduce((clean: LogLine, tenant) => {
        const whose = { tenant, atMs: msOfNanos(line.timeUnixNano), correlationId: correlationIdOf(line) }
        return forgetting.line(clean, whose)
      }, line),
    )
    if (lines.every((line, at) => line === decoded.lines[at])) return ofWhole(record, decoded.refused.length, asked)
    return asJson(record, encodeLogsRequest(lines))
  }

  function cleanSpans(record: LogRecord, asked: ErasingTenants): LogRecord | undefined {
    const decoded = decodeSpans(bytesOf(record), contentTypeOf(record))
    if (decoded.type === 'malformed') return unlessNamed(record, asked)
    const spans = decoded.spans.map((span) =>
      asked(tenantNamedBy(span)).reduce((clean: Span, tenant) => {
        const whose = { tenant, atMs: msOfNanos(span.endTimeUnixNano), correlationId: correlationIdOf(span) }
        const after = forgetting.span(clean, whose)
        return after.erased ? after.span : clean
      }, span),
    )
    if (spans.every((span, at) => span === decoded.spans[at])) return ofWhole(record, decoded.refused.length, asked)
    return asJson(record, encodeSpansRequest(spans))
  }

  /** Parts that could not be read are looked through as text. Where they name somebody, the message goes. */
  function ofWhole(record: LogRecord, unread: number, asked: ErasingTenants): LogRecord | undefined {
    return unread === 0 ? record : unlessNamed(record, asked)
  }

  function unlessNamed(record: LogRecord, asked: ErasingTenants): LogRecord | undefined {
    return events.namesAnybody(textOf(record), asked(undefined), record.logTimeMs) ? undefined : record
  }
}

const asJson = (record: LogRecord, value: string): LogRecord => ({
  ...record,
  headers: { ...record.headers, [recordHeaders.contentType]: 'application/json' },
  value,
})
