import {
  type CallSpan,
  type CallSpans,
  compareNanos,
  inOrderOfTime,
  type TelemetryScope,
  type UnavailableReason,
} from '#contracts/call-telemetry.ts'
import type { Attributes, Span } from '#contracts/signals/otlp.ts'
import { createHttpClient, type HttpClient, type HttpRequest } from '../shared/http.ts'
import { organisationOf } from '../shared/organisations.ts'
import { unusable } from '../shared/unavailable.ts'
import type { TempoConfig } from './config.ts'
import { tenantAttribute } from './encode.ts'
import { readTraceAnswer } from './trace-answer.ts'

export interface TempoTelemetryParts {
  readonly config: TempoConfig
}

/** Traces of one call that are asked for, the first of its record: a call has one or a few, a long conference dozens. */
const maxTraces = 32
/** Somebody waits for the page: a store that takes longer is told as not answering. */
const mostPatienceMs = 10_000
/** Tempo holds traces of up to 5 MB. */
const maxAnswerBytes = 16 * 1_048_576
const traceId = /^[0-9a-f]{32}$/

/**
 * The spans of a call from Tempo, by its trace ids, each once. Only those that were sent for the call's tenant: within one
 * organisation a trace id alone proves nothing. Without `queryUrl` they are kept there and not shown here.
 */
export function createTempoTelemetry({ config }: TempoTelemetryParts): CallSpans & { close(): void } {
  const { queryUrl } = config
  const timeoutMs = Math.min(mostPatienceMs, config.requestTimeoutSeconds * 1_000)
  const http =
    queryUrl === undefined ? undefined : createHttpClient({ ...config, url: queryUrl, timeoutMs, maxSockets: 4 })
  return {
    async spans(scope) {
      if (http === undefined) return { state: 'unavailable', why: 'not_configured', rows: [] }
      const org = organisationOf(config, scope.tenant)
      if (org === undefined) return { state: 'unavailable', why: 'refused', rows: [] }
      const traces = scope.traceIds.filter((id) => traceId.test(id)).slice(0, maxTraces)
      const answers = await Promise.all(traces.map((trace) => ask(http, requestOf(trace, org))))
      const spans = answers.flatMap((answer) => answer.spans)
      const rows = inOrderOfTime(
        spans.flatMap((span) => ownSpan(span, scope)),
        {
          nanos: ({ startTimeUnixNano }) => startTimeUnixNano,
          identity: (span) => `${span.traceId} ${span.spanId} ${span.kind}`,
        },
      )
      const why = answers.find((answer) => answer.why !== undefined)?.why
      return why === undefined ? { state: 'ok', rows } : { state: 'unavailable', why, rows }
    },
    close: () => http?.close(),
  }
}

/**
 * Without a time range: Tempo looks for one among its blocks, and a block that took spans more than two minutes old has the
 * time of their coming (`ingestion_time_range_slack`). A call whose spans came late would be shown without them.
 */
const requestOf = (trace: string, org: string): HttpRequest => ({
  method: 'GET',
  path: `/api/v2/traces/${trace}`,
  headers: { accept: 'application/protobuf', 'x-scope-orgid': org },
  maxAnswerBytes,
})

interface Asked {
  readonly spans: readonly Span[]
  /** Why they are not all. */
  readonly why?: UnavailableReason
}

async function ask(http: HttpClient, request: HttpRequest): Promise<Asked> {
  const reply = await http.send(request)
  // Tempo's word for a trace it has no span of.
  if (reply.type === 'answered' && reply.status === 404) return { spans: [] }
  const why = unusable(reply)
  if (why !== undefined || reply.type !== 'answered') return { spans: [], why: why ?? 'failed' }
  const answer = readTraceAnswer(reply.body, reply.contentType)
  if (answer === undefined) return { spans: [], why: 'failed' }
  return answer.isPartial ? { spans: answer.spans, why: 'failed' } : { spans: answer.spans }
}

/** Nothing of another tenant, and nothing of another time: an id used twice in a year is two traces to us. */
function ownSpan(span: Span, { tenant, fromMs, toMs }: TelemetryScope): readonly CallSpan[] {
  const { [tenantAttribute]: owner, ...resource } = span.resource
  const isInTime =
    compareNanos(span.startTimeUnixNano, `${Math.floor(fromMs)}000000`) >= 0 &&
    compareNanos(span.startTimeUnixNano, `${Math.ceil(toMs)}000000`) <= 0
  return owner === tenant && isInTime ? [{ ...span, resource: resource as Attributes, tenant }] : []
}
