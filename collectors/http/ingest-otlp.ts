import {
  decodeLogs,
  decodeSpans,
  type MalformedBatch,
  type OtlpEncoding,
  otlpEncodingOf,
} from '#contracts/otlp/decode.ts'
import {
  encodeLogsResponse,
  encodeStatus,
  encodeTraceResponse,
  type PartialSuccess,
} from '#contracts/otlp/responses.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { type Attributes, tenantAttributes } from '#contracts/signals/otlp.ts'
import { topicNames } from '#contracts/topics.ts'
import { senderOf } from './credentials.ts'
import { Answer, type Asked, type Endpoint } from './endpoint.ts'
import { store, unsureClock } from './ingest-events.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'

interface Carries {
  readonly resource: Attributes
  readonly attributes: Attributes
  /** Of a log line. */
  readonly timeUnixNano?: string
  /** Of a span. */
  readonly endTimeUnixNano?: string
}

/** What tells the two OTLP signals apart. */
interface OtlpSignal {
  readonly edge: 'logs' | 'traces'
  readonly topic: string
  readonly what: string
  decode(
    body: Uint8Array,
    contentType: string,
  ): { readonly rows: readonly Carries[]; readonly refused: readonly { readonly detail: string }[] } | MalformedBatch
  encode(partial: PartialSuccess | undefined, encoding: OtlpEncoding): Uint8Array
}

const logs: OtlpSignal = {
  edge: 'logs',
  topic: topicNames.appLogs,
  what: 'log records',
  decode(body, contentType) {
    const decoded = decodeLogs(body, contentType)
    return decoded.type === 'malformed' ? decoded : { rows: decoded.lines, refused: decoded.refused }
  },
  encode: encodeLogsResponse,
}

const traces: OtlpSignal = {
  edge: 'traces',
  topic: topicNames.traceSpans,
  what: 'spans',
  decode(body, contentType) {
    const decoded = decodeSpans(body, contentType)
    return decoded.type === 'malformed' ? decoded : { rows: decoded.spans, refused: decoded.refused }
  },
  encode: encodeTraceResponse,
}

/** `POST /v1/logs` and `/v1/traces`: OTLP/HTTP, JSON or protobuf. */
export const createOtlpEndpoints = (parts: HttpParts): readonly Endpoint[] =>
  [logs, traces].map((signal) => ({
    method: 'POST',
    path: `/v1/${signal.edge}`,
    access: 'ingest',
    summary: `Take in ${signal.what} (OTLP/HTTP)`,
    description:
      'An OTLP export request, JSON or protobuf, gzip or not. Answers 200 once it is durable; partial_success names how many records were refused, which go to the dead letters.',
    request: { types: ['application/json', 'application/x-protobuf'] },
    response: { description: 'An OTLP export response in the encoding of the request.' },
    bodyLimit: parts.settings.otlpBytes,
    handle: (asked) => takeOtlp(parts, signal, asked),
  }))

async function takeOtlp(parts: HttpParts, signal: OtlpSignal, { principal, headers, body }: Asked): Promise<Answer> {
  const tenant = await senderOf(principal, parts)
  const encoding = otlpEncodingOf(headers['content-type'])
  if (encoding === undefined) throw new Problem(415, 'Content-Type: must be application/json or application/x-protobuf')
  const contentType = encoding === 'json' ? 'application/json' : 'application/x-protobuf'
  const decoded = signal.decode(body, contentType)
  if ('type' in decoded) {
    parts.count(signal.edge, 'invalid', 1)
    return new Answer(400, encodeStatus(decoded.detail, encoding), contentType)
  }
  refuseWhileUnsure(parts, signal, decoded.rows)
  const foreign = decoded.rows.filter((row) => (tenantOf(row) ?? tenant) !== tenant).length
  // As it came: the pipeline decodes the same bytes, and parks exactly what is refused here.
  if (decoded.rows.length + decoded.refused.length > 0) {
    await store(parts, signal.edge, [
      {
        topic: signal.topic,
        key: null,
        headers: { [recordHeaders.tenant]: tenant, [recordHeaders.contentType]: contentType },
        value: body,
      },
    ])
  }
  if (foreign > 0) parts.count(signal.edge, 'tenant_mismatch', foreign)
  if (decoded.refused.length > 0) parts.count(signal.edge, 'invalid', decoded.refused.length)
  return new Answer(200, signal.encode(partialSuccess(decoded.refused, foreign), encoding), contentType)
}

/** A right time may lie ahead of ours while our clock is not sure: the pipeline would refuse what is to be sent again. */
function refuseWhileUnsure(parts: HttpParts, { edge }: OtlpSignal, rows: readonly Carries[]): void {
  const aheadMs = parts.clockAheadMs?.() ?? 0
  if (aheadMs <= 0) return
  const latestMs = parts.clock() + parts.settings.windows.maxAheadMs
  const timeOf = ({ timeUnixNano, endTimeUnixNano }: Carries) => Number(endTimeUnixNano ?? timeUnixNano ?? 0) / 1e6
  if (!rows.some((row) => timeOf(row) > latestMs && timeOf(row) <= latestMs + aheadMs)) return
  parts.count(edge, 'not_stored', rows.length)
  throw unsureClock()
}

function partialSuccess(refused: readonly { readonly detail: string }[], foreign: number): PartialSuccess | undefined {
  const rejected = refused.length + foreign
  if (rejected === 0) return undefined
  const mismatch = foreign === 0 ? [] : [`${foreign} name another tenant than the credential does`]
  return { rejected, message: [...mismatch, ...refused.slice(0, 3).map(({ detail }) => detail)].join('; ') }
}

function tenantOf({ attributes, resource }: Carries): string | undefined {
  for (const from of [attributes, resource]) {
    for (const key of tenantAttributes) {
      const value = from[key]
      if (typeof value === 'string' && value !== '') return value
    }
  }
  return undefined
}
