import { otlpLimits } from './limits.ts'
import { note, type RecordFault } from './record-fault.ts'

/** One message in the shape of the OTLP/JSON mapping, whichever wire it came by. Only ever read by own, known names. */
export type Tree = { readonly [field: string]: unknown }

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Largest signed 64-bit integer: DateTime64(9) ends there, in the year 2262. */
const lastNano = '9223372036854775807'
const nanos = /^[1-9]\d{0,18}$/
const hex = /^[0-9a-f]+$/i
const zeros = /^0+$/
/** protobuf's own JSON mapping writes bytes in base64, and some producers follow it although OTLP says hex. */
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/
const utf8 = new TextEncoder()
const cutBuffer = new Uint8Array(otlpLimits.textBytes)

/** Nanoseconds since 1970 as decimal text; '0' where absent. 64-bit integers come as text or as a number (OTLP/JSON mapping). */
export function readNanos(value: unknown, field: string, fault: RecordFault): string {
  if (value === undefined || value === null || value === 0 || value === '0' || value === '') return '0'
  const text = typeof value === 'number' && Number.isInteger(value) ? BigInt(value).toString() : value
  if (typeof text === 'string' && nanos.test(text) && (text.length < lastNano.length || text <= lastNano)) return text
  note(fault, field, 'must be whole nanoseconds since 1970, before the year 2262')
  return '0'
}

/** A text field; '' where absent. Longer than the limit: cut, with a mark. */
export function readText(value: unknown, field: string, fault: RecordFault): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return cutText(value)
  note(fault, field, 'must be text')
  return ''
}

/** At most `otlpLimits.textBytes` bytes of UTF-8, never half a character, and a mark that says how much is missing. */
export function cutText(text: string): string {
  // A UTF-16 unit makes at most three bytes, so most texts need no counting.
  if (text.length * 3 <= otlpLimits.textBytes) return text
  const bytes = Buffer.byteLength(text)
  if (bytes <= otlpLimits.textBytes) return text
  const { read, written } = utf8.encodeInto(text, cutBuffer)
  return `${text.slice(0, read)}… [cut: ${bytes - written} of ${bytes} bytes left out]`
}

/** An enum by number, or by its proto name as the JSON mapping allows. What we do not know is 0, unspecified, as proto3 asks. */
export function readEnum(value: unknown, names: ReadonlyMap<string, number>, last: number): number {
  const number = typeof value === 'string' ? (names.get(value) ?? Number(value)) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= last ? number : 0
}

export interface IdField {
  readonly field: string
  /** Length in hex digits: 32 for trace ids, 16 for span ids. */
  readonly digits: 32 | 16
}

/**
 * A trace or span id as lower-case hex: from hex in any case, or base64. '' where absent, all zero or not an id at
 * all, which OTLP asks receivers to take for "not part of a trace" (logs.proto, trace_id).
 */
export function readId(value: unknown, { field, digits }: IdField, fault: RecordFault): string {
  if (value === undefined || value === null || value === '') return ''
  if (typeof value !== 'string') {
    note(fault, field, `must be text of ${digits} hex digits`)
    return ''
  }
  const text = value.length === digits && hex.test(value) ? value.toLowerCase() : fromBase64(value, digits)
  return zeros.test(text) ? '' : text
}

function fromBase64(text: string, digits: number): string {
  const bytes = digits / 2
  const unpadded = Math.ceil((bytes * 4) / 3)
  if (text.length < unpadded || text.length > unpadded + 2 || !base64.test(text)) return ''
  const decoded = Buffer.from(text, 'base64')
  return decoded.length === bytes ? decoded.toString('hex') : ''
}
