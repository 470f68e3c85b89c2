import protobuf from 'protobufjs/minimal.js'
import { decodeSpans } from '#contracts/otlp/decode.ts'
import type { Span } from '#contracts/signals/otlp.ts'

/**
 * Spans of an answer to `/api/v2/traces/{id}`: TraceByIDResponse { trace = 1 } (tempo.proto), whose Trace { resourceSpans = 1 }
 * is on the wire what an export request is; in JSON `{"trace": {"resourceSpans": […]}}`. Undefined: it is neither.
 */
export function traceSpans(body: Buffer, contentType: string): readonly Span[] | undefined {
  const isJson = contentType.includes('json')
  const trace = isJson ? traceInJson(body) : traceInProtobuf(body)
  if (trace === undefined) return undefined
  if (trace.length === 0) return []
  const decoded = decodeSpans(trace, isJson ? 'application/json' : 'application/x-protobuf')
  return decoded.type === 'decoded' ? decoded.spans : undefined
}

function traceInProtobuf(body: Buffer): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  try {
    const reader = protobuf.Reader.create(body)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === ((1 << 3) | 2)) parts.push(reader.bytes())
      else reader.skipType(tag & 7)
    }
  } catch {
    // protobufjs's way to say that bytes are no message.
    return undefined
  }
  // Of a message that comes in parts, the parts put together are the message (protobuf, "Last One Wins").
  return Buffer.concat(parts)
}

function traceInJson(body: Buffer): Uint8Array | undefined {
  try {
    const answer = JSON.parse(body.toString()) as { trace?: { resourceSpans?: unknown; batches?: unknown } }
    const resourceSpans = answer.trace?.resourceSpans ?? answer.trace?.batches
    return resourceSpans === undefined ? new Uint8Array() : Buffer.from(JSON.stringify({ resourceSpans }))
  } catch {
    return undefined
  }
}
