import type { NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicOfType } from '#contracts/signals/index.ts'
import { topicNames } from '#contracts/topics.ts'

/** What of a CloudEvent's envelope a test may want to say itself. */
export interface EnvelopeParts {
  readonly source?: string
  readonly eventId?: string
  /** W3C trace id: 32 hex characters. */
  readonly trace?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Messages of one tenant. Times are epoch milliseconds; ids are made of what the message says, so that equal ones are equal. */
export interface Messages {
  event(id: string, type: string, atMs: number, data?: object, parts?: EnvelopeParts): NewRecord
  sample(id: string, endMs: number, data?: object, parts?: EnvelopeParts): NewRecord
  log(endMs: number, body: string, parts: TelemetryParts): NewRecord
  span(
    startMs: number,
    name: string,
    parts: TelemetryParts & { readonly ms?: number; readonly failed?: boolean },
  ): NewRecord
}

export interface TelemetryParts {
  readonly id?: string
  readonly trace?: string
  readonly service?: string
  readonly severity?: number
  readonly attributes?: Readonly<Record<string, string>>
}

export const traceOf = (digit: string): string => digit.repeat(32)

/** Five seconds of clean audio, heard by the browser of the caller's leg; say only what is different. */
const cleanSample = {
  leg_id: 'caller',
  observer: 'browser',
  direction: 'receive',
  interval_ms: 5_000,
  packets_received: 250,
  packets_lost: 0,
  jitter_ms: 4,
  round_trip_ms: 80,
} as const

export function messagesOf(tenant: string): Messages {
  const headers = { [recordHeaders.tenant]: tenant }

  function cloudEvent(id: string, type: string, atMs: number, data: object, parts: EnvelopeParts): NewRecord {
    const { source = '/call-control', eventId = `${type}-${atMs}`, trace } = parts
    const event = {
      ...{ specversion: '1.0', id: eventId, source, type, time: new Date(atMs).toISOString(), correlationid: id },
      ...(trace === undefined ? {} : { traceparent: `00-${trace}-00f067aa0ba902b7-01` }),
      data,
    }
    const topic = topicOfType(type) ?? topicNames.callEvents
    return { topic, key: id, headers: { ...headers, ...parts.headers }, value: JSON.stringify(event) }
  }

  const otlp = (topic: string, key: string | null, value: object): NewRecord => ({
    topic,
    key,
    headers,
    value: JSON.stringify(value),
  })

  return {
    event: (id, type, atMs, data = {}, parts = {}) => cloudEvent(id, type, atMs, data, parts),
    sample(id, endMs, data = {}, parts = {}) {
      const whole = Object.fromEntries(
        Object.entries({ ...cleanSample, ...data }).filter(([, value]) => value !== undefined),
      )
      return cloudEvent(id, 'quality.sample', endMs, whole, { source: '/media', ...parts })
    },
    log(atMs, body, { id, trace, service = 'call-control', severity = 13, attributes = {} }) {
      const record = {
        timeUnixNano: nanos(atMs),
        severityNumber: severity,
        body: { stringValue: body },
        attributes: pairs({ ...attributes, ...(id === undefined ? {} : { correlation_id: id }) }),
        ...(trace === undefined ? {} : { traceId: trace }),
      }
      const scopeLogs = [{ scope: { name: 'sip' }, logRecords: [record] }]
      return otlp(topicNames.appLogs, id ?? null, { resourceLogs: [{ resource: resource(service), scopeLogs }] })
    },
    span(
      startMs,
      name,
      { id, trace = traceOf('5'), service = 'call-control', attributes = {}, ms = 20, failed = false },
    ) {
      const record = {
        ...{ traceId: trace, spanId: '6'.repeat(16), name, kind: 2 },
        ...{ startTimeUnixNano: nanos(startMs), endTimeUnixNano: nanos(startMs + ms) },
        attributes: pairs({ ...attributes, ...(id === undefined ? {} : { correlation_id: id }) }),
        ...(failed ? { status: { code: 2, message: 'refused' } } : {}),
      }
      const scopeSpans = [{ scope: { name: 'sip' }, spans: [record] }]
      return otlp(topicNames.traceSpans, id ?? null, { resourceSpans: [{ resource: resource(service), scopeSpans }] })
    },
  }
}

const nanos = (ms: number): string => `${ms}000000`
const pairs = (values: Readonly<Record<string, string>>): readonly object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }))
const resource = (service: string): object => ({ attributes: pairs({ 'service.name': service }) })
