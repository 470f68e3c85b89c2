import { recordOnly } from '#contracts/changes.ts'
import { bytesOf, type LogRecord } from '#contracts/event-log.ts'
import { decodeLogs, decodeSpans } from '#contracts/otlp/decode.ts'
import type { Decode, Effects } from '#contracts/pipeline.ts'
import type { LogLine, Span } from '#contracts/signals/otlp.ts'
import { type TopicName, topicNames } from '#contracts/topics.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import {
  defaultSlowSpanMs,
  type Evidence,
  evidenceCells,
  isWarning,
  type SlowSpanMs,
  spanEvidence,
  warningOf,
} from './evidence-judge.ts'
import type { LinkWriter } from './links.ts'
import { type Attributed, correlationIdOf, linkIdsOf } from './logs-attributes.ts'
import { contentTypeOf, msOfNanos, type OtlpRules, type Placed, placeSignal, tooLargeForOtlp } from './logs-place.ts'
import { spanTimes } from './spans-decode.ts'

export interface EvidenceOptions extends OtlpRules {
  readonly writeLinks: LinkWriter
  /** Spans longer than this, by kind, are evidence, milliseconds. */
  readonly slowSpanMs?: SlowSpanMs
  /** Topics that carry OTLP traces; all others carry logs. */
  readonly spanTopics?: readonly string[]
}

const defaultSpanTopics: readonly TopicName[] = [topicNames.traceSpans]

/**
 * What logs and spans say about calls: warnings, errors, failed and slow spans as evidence, and links from every line
 * and span that names a call. It parks nothing: whatever cannot be read is parked once, by `logs` or `traces`.
 */
export function createEvidenceExtract(options: EvidenceOptions): Decode {
  const { writeLinks, slowSpanMs = defaultSlowSpanMs, spanTopics = defaultSpanTopics } = options
  const { privacy = defaultPrivacy } = options

  return function extractEvidence(record, into) {
    if (tooLargeForOtlp(record) !== undefined) return
    if (spanTopics.includes(record.topic)) extractFromSpans(record, into)
    else extractFromLogs(record, into)
  }

  function extractFromLogs(record: LogRecord, into: Effects): void {
    const decoded = decodeLogs(bytesOf(record), contentTypeOf(record))
    if (decoded.type === 'malformed') return
    for (const line of decoded.lines) {
      const atMs = msOfNanos(line.timeUnixNano)
      const placed = placeSignal(line, { startMs: atMs, endMs: atMs }, record, options)
      if (placed.type !== 'next') continue
      const { tenant } = placed.value
      const evidence = isWarning(line)
        ? warningOf(privacy.line(line, { tenant, atMs, correlationId: correlationIdOf(line) }))
        : undefined
      take({ signal: line, ...placed.value, atMs, evidence }, writeLinks, into)
    }
  }

  function extractFromSpans(record: LogRecord, into: Effects): void {
    const decoded = decodeSpans(bytesOf(record), contentTypeOf(record))
    if (decoded.type === 'malformed') return
    for (const span of decoded.spans) {
      const times = spanTimes(span)
      const placed = placeSignal(span, times, record, options)
      if (placed.type !== 'next') continue
      const found = { signal: span, ...placed.value, atMs: times.endMs }
      if (spanEvidence(span, slowSpanMs) === undefined) take({ ...found, evidence: undefined }, writeLinks, into)
      else {
        const whose = { tenant: found.tenant, atMs: found.atMs, correlationId: correlationIdOf(span) }
        const clean = privacy.span(span, whose)
        take({ ...found, evidence: spanEvidence(clean.span, slowSpanMs), erased: clean.erased }, writeLinks, into)
      }
    }
  }
}

/** A line or span that names a tenant, and what it says about a call. */
interface Found extends Placed {
  readonly signal: LogLine | Span
  readonly atMs: number
  readonly evidence: Evidence | undefined
  readonly erased?: boolean
}

function take(found: Found, writeLinks: LinkWriter, into: Effects): void {
  const { signal, tenant, expiresAtSeconds, atMs, evidence, erased = false } = found
  const correlationId = correlationIdOf(signal)
  into.seen(tenant, atMs)
  // A link may join what is already stored under a trace or another id to its call, which is then another record.
  const linked = correlationId !== undefined && writeLinks(linkFacts(signal, correlationId, found), into)
  if (linked) into.change(recordOnly({ tenant, id: correlationId }, 'running'))
  const subject = correlationId ?? (signal.traceId === '' ? undefined : `trace:${signal.traceId}`)
  if (evidence === undefined || subject === undefined) return
  into.row('call_evidence', evidenceCells(evidence, { tenant, subject, expiresAtSeconds, erased }))
  into.change(recordOnly({ tenant, id: subject }))
}

const linkFacts = (signal: Attributed, correlationId: string, { tenant, expiresAtSeconds }: Placed) => ({
  tenant,
  correlationId,
  ids: linkIdsOf(signal),
  expiresAtSeconds,
})
