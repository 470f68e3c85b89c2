import protobuf from 'protobufjs/minimal.js'
import { decodeSpans } from '#contracts/otlp/decode.ts'
import type { Span } from '#contracts/signals/otlp.ts'

export interface TraceAnswer {
  readonly spans: readonly Span[]
  /** Tempo holds more of this trace than it gives: it is larger than `max_bytes_per_trace`. */
  readonly isPartial: boolean
}

/** A trace as bytes of an export request. */
interface Trace {
  readonly bytes: Uint8Array
  readonly isPartial: boolean
}

/**
 * An answer to `/api/v2/traces/{id}`: TraceByIDResponse { trace = 1, status = 3 } (tempo.proto), whose Trace
 * { resourceSpans = 1 } is on the wire what an export request is; in JSON `{"trace": {"resourceSpans": […]}, "status": …}`.
 * Undefined: it is neither.
 */
export function readTraceAnswer(body: Buffer, contentType: string): TraceAnswer | undefined {
  const isJson = contentType.includes('json')
  const trace = isJson ? traceInJson(body) : traceInProtobuf(body)
  if (trace === undefined) return undefined
  const { bytes, isPartial } = trace
  if (bytes.length === 0) return { spans: [], isPartial }
  const decoded = decodeSpans(bytes, isJson ? 'application/json' : 'application/x-protobuf')
  return decoded.type === 'decoded' ? { spans: decoded.spans, isPartial } : undefined
}

const traceField = (1 << 3) | 2
const statusField = 3 << 3
/** PartialStatus { COMPLETE = 0, PARTIAL = 1 } */
const partial = 1

function traceInProtobuf(body: Buffer): Trace | undefined {
  const parts: Uint8Array[] = []
  let isPartial = false
  try {
    const reader = protobuf.Reader.create(body)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === traceField) parts.push(reader.bytes())
      else if (tag === statusField) isPartial = reader.int32() === partial
      else reader.skipType(tag & 7)
    }
  } catch {
    // protobufjs's way to say that bytes are no message.
    return undefined
  }
  // Of a message that comes in parts, the parts put together are the message (protobuf, "Last One Wins").
  return { bytes: Buffer.concat(parts), isPartial }
}

function traceInJson(body: Buffer): Trace | undefined {
  try {
    const answer = JSON.parse(body.toString()) as {
      trace?: { resourceSpans?: unknown; batches?: unknown }
      status?: unknown
    }
    const resourceSpans = answer.trace?.resourceSpans ?? answer.trace?.batches
    const bytes = resourceSpans === undefined ? new Uint8Array() : Buffer.from(JSON.stringify({ resourceSpans }))
    return { bytes, isPartial: answer.status === 'PARTIAL' || answer.status === partial }
  } catch {
    return undefined
  }
}
