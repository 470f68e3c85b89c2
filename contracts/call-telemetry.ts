import type { LogLine, Span } from './signals/otlp.ts'

/** Which logs and spans belong to a call: by its ids within its tenant, near its time. */
export interface TelemetryScope {
  readonly tenant: string
  readonly ids: readonly string[]
  readonly traceIds: readonly string[]
  readonly fromMs: number
  readonly toMs: number
}

/** Lines and spans of one call that are shown. More than anybody reads; the store's own page finds the rest. */
export const maxTelemetryRows = 2_000

/** Why logs or spans of a call could not be read. A closed set: it is shown in two languages. */
export const unavailableReasons = ['unreachable', 'timeout', 'refused', 'failed', 'not_configured'] as const
export type UnavailableReason = (typeof unavailableReasons)[number]

/** What a store answered. `unavailable` may carry what was found before it failed. */
export type TelemetryAnswer<Row> =
  | { readonly state: 'ok'; readonly rows: readonly Row[] }
  | { readonly state: 'unavailable'; readonly why: UnavailableReason; readonly rows: readonly Row[] }

export type CallLogLine = LogLine & { readonly tenant: string }
export type CallSpan = Span & { readonly tenant: string }

export interface CallLogs {
  /** The call's lines in order of time, each once, at most `maxTelemetryRows`. Never rejects because a store is down. */
  logs(scope: TelemetryScope): Promise<TelemetryAnswer<CallLogLine>>
}

export interface CallSpans {
  /** The call's spans in order of their start, each once; else as `logs`. */
  spans(scope: TelemetryScope): Promise<TelemetryAnswer<CallSpan>>
}

/** Where a call's logs and spans are read: the warehouse, or Loki and Tempo, or one of each. */
export interface CallTelemetry extends CallLogs, CallSpans {}

/** Whether a call's logs and spans could be read, as answers and pages tell it. */
export interface TelemetryState {
  readonly logs: 'ok' | 'unavailable'
  readonly spans: 'ok' | 'unavailable'
  readonly logsWhy?: UnavailableReason
  readonly spansWhy?: UnavailableReason
}

export function telemetryStateOf(logs: TelemetryAnswer<unknown>, spans: TelemetryAnswer<unknown>): TelemetryState {
  return {
    logs: logs.state,
    spans: spans.state,
    ...(logs.state === 'ok' ? {} : { logsWhy: logs.why }),
    ...(spans.state === 'ok' ? {} : { spansWhy: spans.why }),
  }
}

/** Each row once, in order of time and then of identity, no more than are shown. Times are nanoseconds in decimal text. */
export function inOrderOfTime<Row>(
  rows: Iterable<Row>,
  of: { readonly nanos: (row: Row) => string; readonly identity: (row: Row) => string },
): readonly Row[] {
  const once = new Map<string, Row>()
  for (const row of rows) once.set(of.identity(row), row)
  return [...once]
    .sort(([one, a], [other, b]) => compareNanos(of.nanos(a), of.nanos(b)) || (one < other ? -1 : 1))
    .slice(0, maxTelemetryRows)
    .map(([, row]) => row)
}

/** Decimal text without leading zeros: the longer is the later. */
export const compareNanos = (a: string, b: string): number =>
  a.length === b.length ? (a === b ? 0 : a < b ? -1 : 1) : a.length - b.length
