import protobuf from 'protobufjs/minimal.js'
import type { OtlpEncoding } from './decode.ts'

/** What to tell the exporter: how many records of its batch were left out, and why. */
export interface PartialSuccess {
  readonly rejected: number
  /** One sentence for people. Never quotes a value. */
  readonly message: string
}

/**
 * ExportLogsServiceResponse (opentelemetry-proto v1, collector/logs/v1): empty when all went in, else `partial_success`
 * with `rejected_log_records` = 1 and `error_message` = 2. OTLP/HTTP answers 200 either way.
 */
export function encodeLogsResponse(partial: PartialSuccess | undefined, encoding: OtlpEncoding): Uint8Array {
  return encode(partial, encoding, 'rejectedLogRecords')
}

/** ExportTraceServiceResponse, with `rejected_spans` = 1 and `error_message` = 2. */
export function encodeTraceResponse(partial: PartialSuccess | undefined, encoding: OtlpEncoding): Uint8Array {
  return encode(partial, encoding, 'rejectedSpans')
}

/** google.rpc.Status, as OTLP/HTTP wants errors (400, 413, 415 …) answered: code 1, message 2. */
export function encodeStatus(message: string, encoding: OtlpEncoding, code = 3): Uint8Array {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return protobuf.Writer.create().uint32(8).int32(code).uint32(18).string(message).finish()
}

function encode(partial: PartialSuccess | undefined, encoding: OtlpEncoding, count: string): Uint8Array {
  if (encoding === 'json') {
    if (partial === undefined) return Buffer.from('{}')
    // 64-bit integers are text in protobuf's JSON mapping.
    const body = { partialSuccess: { [count]: String(partial.rejected), errorMessage: partial.message } }
    return Buffer.from(JSON.stringify(body))
  }
  const writer = protobuf.Writer.create()
  if (partial === undefined) return writer.finish()
  return writer.uint32(10).fork().uint32(8).int64(partial.rejected).uint32(18).string(partial.message).ldelim().finish()
}
