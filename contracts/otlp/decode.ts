import { holdsMoreThan } from '../json-structure.ts'
import type { ParkReason } from '../outcome.ts'
import type { LogLine, Span } from '../signals/otlp.ts'
import { otlpLimits, tooManyMessages } from './limits.ts'
import { readLogRecord } from './log-records.ts'
import { parseProtobuf } from './protobuf.ts'
import { type Read, type RequestShape, readRequest } from './resources.ts'
import { isTree, type Tree } from './scalars.ts'
import { readSpan } from './spans.ts'

/** One record that was left out while the others of its batch went on. */
export interface RefusedRecord {
  readonly detail: string
}

/** The whole body was no OTLP request. */
export interface MalformedBatch {
  readonly type: 'malformed'
  readonly reason: Extract<ParkReason, 'malformed_json' | 'malformed_protobuf' | 'invalid_schema'>
  readonly detail: string
}

export type DecodedLogs =
  | { readonly type: 'decoded'; readonly lines: readonly LogLine[]; readonly refused: readonly RefusedRecord[] }
  | MalformedBatch
export type DecodedSpans =
  | { readonly type: 'decoded'; readonly spans: readonly Span[]; readonly refused: readonly RefusedRecord[] }
  | MalformedBatch

export type OtlpEncoding = 'json' | 'protobuf'

const logsShape: RequestShape = {
  resources: ['resourceLogs', 'resource_logs'],
  scopes: ['scopeLogs', 'scope_logs'],
  records: ['logRecords', 'log_records'],
  other: ['resourceSpans', 'resource_spans'],
  path: '/v1/logs',
  otherPath: '/v1/traces',
}
const spansShape: RequestShape = {
  resources: ['resourceSpans', 'resource_spans'],
  scopes: ['scopeSpans', 'scope_spans'],
  records: ['spans', 'spans'],
  other: ['resourceLogs', 'resource_logs'],
  path: '/v1/traces',
  otherPath: '/v1/logs',
}
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The OTLP encoding that a content type names; JSON where there is none, undefined where it is neither. */
export function otlpEncodingOf(contentType: string | undefined): OtlpEncoding | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === undefined || type === '' || type === 'application/json') return 'json'
  return type === 'application/x-protobuf' || type === 'application/protobuf' ? 'protobuf' : undefined
}

/**
 * An OTLP ExportLogsServiceRequest (opentelemetry-proto v1; JSON mapping or protobuf) to flat log lines.
 * A bad record is refused with a detail that names field and fix; the others go on.
 */
export function decodeLogs(body: Uint8Array, contentType: string | undefined): DecodedLogs {
  const read = decode(body, contentType, { request: 'logs', shape: logsShape, readRecord: readLogRecord })
  return 'type' in read ? read : { type: 'decoded', lines: read.rows, refused: refusals(read) }
}

/** An OTLP ExportTraceServiceRequest to flat spans; as decodeLogs. */
export function decodeSpans(body: Uint8Array, contentType: string | undefined): DecodedSpans {
  const read = decode(body, contentType, { request: 'spans', shape: spansShape, readRecord: readSpan })
  return 'type' in read ? read : { type: 'decoded', spans: read.rows, refused: refusals(read) }
}

interface Format<Row> {
  readonly request: 'logs' | 'spans'
  readonly shape: RequestShape
  readonly readRecord: Parameters<typeof readRequest<Row & object>>[2]
}

function decode<Row extends object>(
  body: Uint8Array,
  contentType: string | undefined,
  { request, shape, readRecord }: Format<Row>,
): Read<Row> | MalformedBatch {
  const encoding = otlpEncodingOf(contentType)
  if (encoding === undefined) {
    return malformed('invalid_schema', 'content-type: must be application/json or application/x-protobuf')
  }
  const tree = encoding === 'json' ? parseJson(body) : parseProtobuf(body, request)
  if (typeof tree === 'string') return malformed('invalid_schema', tree)
  if (tree === undefined) {
    const reason = encoding === 'json' ? 'malformed_json' : 'malformed_protobuf'
    return malformed(reason, `body: is not an OTLP ${request} export request in ${encoding}`)
  }
  const read = readRequest(tree, shape, readRecord)
  return 'detail' in read ? malformed('invalid_schema', read.detail ?? '') : (read as Read<Row>)
}

/** The body as a tree; a text: why it is not read; undefined: it is no JSON. */
function parseJson(body: Uint8Array): Tree | string | undefined {
  if (holdsMoreThan(otlpLimits.messages, body)) return tooManyMessages
  try {
    const value: unknown = JSON.parse(utf8.decode(body))
    return isTree(value) ? value : undefined
  } catch {
    // Both throw only on bytes that are not UTF-8 or text that is not JSON.
    return undefined
  }
}

const malformed = (reason: MalformedBatch['reason'], detail: string): MalformedBatch => ({
  type: 'malformed',
  reason,
  detail,
})

const refusals = ({ refused }: Read<object>): readonly RefusedRecord[] =>
  refused.map(({ detail }) => ({ detail: detail ?? '' }))
