import type { NewRecord } from '#contracts/event-log.ts'
import { encodeLogsRequest, encodeSpansRequest } from '#contracts/otlp/encode.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import type { LogLine, Span } from '#contracts/signals/otlp.ts'
import { topicNames } from '#contracts/topics.ts'

/** Makes log records of what an import found, all under one tenant and run. */
export interface RecordMaker {
  /** A CloudEvent, on its topic. */
  event(topic: string, key: string | null, event: object): NewRecord
  logs(lines: readonly LogLine[]): NewRecord
  spans(spans: readonly Span[]): NewRecord
}

export function createRecordMaker({ tenant, run }: { readonly tenant: string; readonly run: string }): RecordMaker {
  const headers = { [recordHeaders.tenant]: tenant, [recordHeaders.run]: run }
  const otlp = { ...headers, [recordHeaders.contentType]: 'application/json' }
  return {
    event: (topic, key, event) => ({ topic, key, headers, value: JSON.stringify(event) }),
    logs: (lines) => ({ topic: topicNames.appLogs, key: null, headers: otlp, value: encodeLogsRequest(lines) }),
    spans: (spans) => ({ topic: topicNames.traceSpans, key: null, headers: otlp, value: encodeSpansRequest(spans) }),
  }
}
