import type { OtlpEncoding } from './decode.ts'

const brace = 0x7b
// Field 1, length-delimited: the only field that a logs or traces request has.
const firstField = 0x0a

/**
 * The encoding of an OTLP request that carries no content type, as the OpenTelemetry Collector's Kafka exporter writes them.
 * A protobuf request is nothing but fields with number 1 from its first byte to its last; its tag is a line feed, which JSON
 * may begin with too, but text hardly ever has its length in the byte that follows.
 */
export function encodingByContent(body: Uint8Array): OtlpEncoding {
  if (body[0] === brace || !isFieldsOnly(body)) return 'json'
  return body[1] === brace && isJson(body) ? 'json' : 'protobuf'
}

/** A line feed and a brace are also the head of a resource of 123 bytes: where a message is just so long, its text decides. */
function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(body))
    return true
  } catch {
    return false
  }
}

function isFieldsOnly(body: Uint8Array): boolean {
  let at = 0
  while (at < body.length) {
    if (body[at] !== firstField) return false
    const length = varintAt(body, at + 1)
    if (length === undefined) return false
    at = length.next + length.value
  }
  return at === body.length
}

// Five bytes hold 35 bits: more than any message.
const longestVarint = 5

function varintAt(body: Uint8Array, start: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0
  for (let count = 0; count < longestVarint; count += 1) {
    const byte = body[start + count]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * count)
    if (byte < 0x80) return { value, next: start + count + 1 }
  }
  return undefined
}
