import protobuf from 'protobufjs/minimal.js'
import type { HttpReply } from '../shared/http.ts'
import type { Verdict } from '../shared/judge.ts'
import type { RefusalReason } from '../shared/observer.ts'

/** Bytes of an answer that are read. */
export const maxAnswerBytes = 16_384

/**
 * 2xx: stored, less what `partial_success` counts (OTLP 1.x, "Partial Success": not to be sent again, and not said which).
 * Any other 4xx: all of the request is refused, and may be for one span of it.
 */
export function judgeOtlp({ status, body, contentType }: Extract<HttpReply, { type: 'answered' }>): Verdict<never> {
  if (status < 200 || status >= 300) return { type: 'refused', reason: 'other' }
  const rows = contentType.includes('json') ? rejectedInJson(body) : rejectedSpans(body)
  return rows === 0 ? { type: 'stored' } : { type: 'stored', lost: { reason: 'rejected_by_receiver', rows } }
}

/** ExportTraceServiceResponse { partial_success = 1 { rejected_spans = 1, error_message = 2 } } */
function rejectedSpans(body: Uint8Array): number {
  try {
    const reader = protobuf.Reader.create(body)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag !== ((1 << 3) | 2)) reader.skipType(tag & 7)
      else return rejectedIn(reader, reader.uint32() + reader.pos)
    }
  } catch {
    // The only way protobufjs has to say that bytes are no message. They came with a 2xx, which is the acknowledgement.
  }
  return 0
}

function rejectedIn(reader: protobuf.Reader, end: number): number {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 1 << 3) return Math.max(0, Number(reader.int64().toString()))
    reader.skipType(tag & 7)
  }
  return 0
}

function rejectedInJson(body: Buffer): number {
  try {
    const { partialSuccess } = JSON.parse(body.toString()) as { partialSuccess?: { rejectedSpans?: unknown } }
    const rejected = Number(partialSuccess?.rejectedSpans ?? 0)
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0
  } catch {
    return 0
  }
}

const fixes: Readonly<Partial<Record<RefusalReason, string>>> = {
  trace_too_large: 'its trace is larger than tempo.spansPerTrace or 4.5 MB; Tempo would refuse all of it',
  rejected_by_receiver: 'the receiver took the others and does not say which it did not; see its own log',
  too_large: 'one span alone is more than a proxy or the receiver takes in a request',
  tenant_name: "a tenant's id must be 1 to 150 letters, digits and !_.*'()- to be an X-Scope-OrgID",
}

export const explainOtlp = (reason: RefusalReason): string =>
  fixes[reason] ?? "see the receiver's own log for the reason"
