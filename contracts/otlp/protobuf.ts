import protobuf from 'protobufjs/minimal.js'
import { otlpLimits, tooManyMessages } from './limits.ts'
import type { Tree } from './scalars.ts'

/*
 * The messages of OTLP that we read, field numbers and types from opentelemetry-proto v1 (common.proto, resource.proto,
 * logs.proto, trace.proto and the two collector services), Copyright The OpenTelemetry Authors, Apache-2.0,
 * https://github.com/open-telemetry/opentelemetry-proto. Fields not listed are skipped, as proto3 asks.
 * Decoded into the shape of the OTLP/JSON mapping (ids in hex), so that both wires share one reader. Tables rather than
 * protobufjs's reflection: ids go straight to hex and 64-bit times straight to decimal text, with no object in between.
 */

type Reader = protobuf.Reader
type Table = readonly (Field | undefined)[]
interface Field {
  readonly name: string
  readonly wire: 0 | 1 | 2 | 5
  readonly repeated: boolean
  readonly read: (reader: CountingReader, depth: number) => unknown
}

/** Attribute values deeper than otlpLimits.depth are refused later; three messages make one level, and the rest is not even read. */
const maxMessages = 60

const field = (name: string, wire: Field['wire'], read: Field['read']): Field => ({ name, wire, repeated: false, read })
const text = (name: string): Field => field(name, 2, (reader) => reader.string())
const hexId = (name: string): Field => field(name, 2, (reader) => toBuffer(reader.bytes()).toString('hex'))
const base64 = (name: string): Field => field(name, 2, (reader) => toBuffer(reader.bytes()).toString('base64'))
const number = (name: string): Field => field(name, 0, (reader) => reader.int32())
const truth = (name: string): Field => field(name, 0, (reader) => reader.bool())
const int64 = (name: string): Field => field(name, 0, (reader) => reader.int64().toString())
const double = (name: string): Field => field(name, 1, (reader) => reader.double())
/** Nanoseconds: 2^53 is passed in 1970 already, so never through a double. */
const nanos = (name: string): Field =>
  field(name, 1, (reader) => {
    const low = reader.fixed32()
    return ((BigInt(reader.fixed32()) << 32n) | BigInt(low)).toString()
  })
const one = (name: string, table: () => Table): Field =>
  field(name, 2, (reader, depth) => {
    const end = reader.uint32() + reader.pos
    return readMessage(table(), { reader, end, depth: depth + 1 })
  })
const many = (name: string, table: () => Table): Field => ({ ...one(name, table), repeated: true })

/** A sparse row per message: index = field number. */
function message(fields: Readonly<Record<number, Field>>): Table {
  const table: (Field | undefined)[] = []
  for (const [id, value] of Object.entries(fields)) table[Number(id)] = value
  return table
}

const keyValue: Table = message({ 1: text('key'), 2: one('value', () => anyValue) })
const values: Table = message({ 1: many('values', () => anyValue) })
const keyValues: Table = message({ 1: many('values', () => keyValue) })
const anyValue: Table = message({
  1: text('stringValue'),
  2: truth('boolValue'),
  3: int64('intValue'),
  4: double('doubleValue'),
  5: one('arrayValue', () => values),
  6: one('kvlistValue', () => keyValues),
  7: base64('bytesValue'),
})
const resource: Table = message({ 1: many('attributes', () => keyValue) })
const scope: Table = message({ 1: text('name') })

const logRecord: Table = message({
  1: nanos('timeUnixNano'),
  2: number('severityNumber'),
  3: text('severityText'),
  5: one('body', () => anyValue),
  6: many('attributes', () => keyValue),
  9: hexId('traceId'),
  10: hexId('spanId'),
  11: nanos('observedTimeUnixNano'),
})
const scopeLogs: Table = message({ 1: one('scope', () => scope), 2: many('logRecords', () => logRecord) })
const resourceLogs: Table = message({ 1: one('resource', () => resource), 2: many('scopeLogs', () => scopeLogs) })

const spanEvent: Table = message({ 1: nanos('timeUnixNano'), 2: text('name'), 3: many('attributes', () => keyValue) })
const spanLink: Table = message({ 1: hexId('traceId'), 2: hexId('spanId') })
const status: Table = message({ 2: text('message'), 3: number('code') })
const span: Table = message({
  1: hexId('traceId'),
  2: hexId('spanId'),
  3: text('traceState'),
  4: hexId('parentSpanId'),
  5: text('name'),
  6: number('kind'),
  7: nanos('startTimeUnixNano'),
  8: nanos('endTimeUnixNano'),
  9: many('attributes', () => keyValue),
  11: many('events', () => spanEvent),
  13: many('links', () => spanLink),
  15: one('status', () => status),
})
const scopeSpans: Table = message({ 1: one('scope', () => scope), 2: many('spans', () => span) })
const resourceSpans: Table = message({ 1: one('resource', () => resource), 2: many('scopeSpans', () => scopeSpans) })

/** ExportLogsServiceRequest and ExportTraceServiceRequest. */
const requests = {
  logs: message({ 1: many('resourceLogs', () => resourceLogs) }),
  spans: message({ 1: many('resourceSpans', () => resourceSpans) }),
} as const

/** The request as a tree in the shape of OTLP/JSON; a text: why it is not read; undefined: the bytes are no such message. */
export function parseProtobuf(body: Uint8Array, request: keyof typeof requests): Tree | string | undefined {
  const reader = counting(protobuf.Reader.create(toBuffer(body)))
  try {
    return readMessage(requests[request], { reader, end: reader.len, depth: 0 })
  } catch (error) {
    if (error instanceof TooManyMessages) return tooManyMessages
    // protobufjs throws on a truncated or overlong field: the only way it says that bytes are not protobuf.
    return undefined
  }
}

/** How many messages a request may still hold. On the reader, which every field is read with. */
type CountingReader = Reader & { messagesLeft: number }
const counting = (reader: Reader): CountingReader => Object.assign(reader, { messagesLeft: otlpLimits.messages })

/** Leaves the innermost message at once; it never leaves this file. */
class TooManyMessages extends Error {}

interface Extent {
  readonly reader: CountingReader
  readonly end: number
  readonly depth: number
}

function readMessage(table: Table, { reader, end, depth }: Extent): Tree {
  if (end > reader.len) throw new RangeError('field runs past the end of its message')
  reader.messagesLeft -= 1
  if (reader.messagesLeft < 0) throw new TooManyMessages()
  const tree: Record<string, unknown> = {}
  if (depth > maxMessages) reader.pos = end
  while (reader.pos < end) {
    const tag = reader.uint32()
    const entry = table[tag >>> 3]
    if (entry === undefined || entry.wire !== (tag & 7)) reader.skipType(tag & 7)
    else if (entry.repeated) append(tree, entry.name, entry.read(reader, depth))
    else tree[entry.name] = entry.read(reader, depth)
  }
  if (reader.pos !== end) throw new RangeError('field runs past the end of its message')
  return tree
}

function append(tree: Record<string, unknown>, name: string, value: unknown): void {
  const list = tree[name]
  if (Array.isArray(list)) list.push(value)
  else tree[name] = [value]
}

const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
