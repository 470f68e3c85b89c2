import protobuf from 'protobufjs/minimal.js'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import { isWholeNumber } from './whole-numbers.ts'

/*
 * ExportTraceServiceRequest of spans, field numbers from opentelemetry-proto v1 (trace_service.proto, trace.proto,
 * resource.proto, common.proto). Written by hand as contracts/otlp/protobuf.ts reads: ids come as hex and 64-bit times as
 * decimal text, and go onto the wire with no object in between.
 */

const at = Object.fromEntries(rawColumns.otel_traces.map((column, index) => [column, index])) as Readonly<
  Record<(typeof rawColumns.otel_traces)[number], number>
>

type Writer = protobuf.Writer
type Texts = Readonly<Record<string, string>>

/** Resource attribute that says whose span it is: by it a reader keeps tenants of one organisation apart. */
export const tenantAttribute = 'callscope.tenant'

const kinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const statuses = ['Unset', 'Ok', 'Error']

export const tenantOf = ({ cells }: TracedRow): string => cells[at.Tenant] as string
export const traceIdOf = ({ cells }: TracedRow): string => cells[at.TraceId] as string

/** One Span message: what of a span does not depend on its neighbours. */
export function encodeSpan({ cells }: TracedRow): Uint8Array {
  const out = protobuf.Writer.create()
  const start = nanosOf(cells[at.Timestamp] as string)
  id(out, 1, cells[at.TraceId] as string)
  id(out, 2, cells[at.SpanId] as string)
  text(out, 3, cells[at.TraceState] as string)
  id(out, 4, cells[at.ParentSpanId] as string)
  text(out, 5, cells[at.SpanName] as string)
  out.uint32((6 << 3) | 0).int32(Math.max(0, kinds.indexOf(cells[at.SpanKind] as string)))
  nanos(out, 7, start)
  nanos(out, 8, start + BigInt(cells[at.Duration] as string))
  attributes(out, 9, cells[at.SpanAttributes] as Texts)
  writeEvents(out, cells)
  writeLinks(out, cells)
  const status = Math.max(0, statuses.indexOf(cells[at.StatusCode] as string))
  out.uint32((15 << 3) | 2).fork()
  text(out, 2, cells[at.StatusMessage] as string)
  if (status > 0) out.uint32((3 << 3) | 0).int32(status)
  return out.ldelim().finish()
}

/** Rows of one request, neighbours or not, under as few resources and scopes as there are. */
export function encodeRequest(rows: readonly TracedRow[], spanOf: (row: TracedRow) => Uint8Array): Uint8Array {
  const resources = new Map<string, { readonly row: TracedRow; readonly scopes: Map<string, TracedRow[]> }>()
  for (const row of rows) {
    const key = resourceKey(row)
    const resource = resources.get(key) ?? { row, scopes: new Map<string, TracedRow[]>() }
    resources.set(key, resource)
    const scope = row.cells[at.ScopeName] as string
    const spans = resource.scopes.get(scope)
    if (spans === undefined) resource.scopes.set(scope, [row])
    else spans.push(row)
  }
  const out = protobuf.Writer.create()
  for (const { row, scopes } of resources.values()) {
    out.uint32((1 << 3) | 2).fork()
    out.uint32((1 << 3) | 2).fork()
    attributes(out, 1, resourceOf(row))
    out.ldelim()
    for (const [scope, spans] of scopes) {
      out.uint32((2 << 3) | 2).fork()
      out.uint32((1 << 3) | 2).fork()
      text(out, 1, scope)
      out.ldelim()
      for (const span of spans) out.uint32((2 << 3) | 2).bytes(spanOf(span))
      out.ldelim()
    }
    out.ldelim()
  }
  return out.finish()
}

/** Spans of a message share one value of their resource, so that it is put into words once. */
const resourceKeys = new WeakMap<object, string>()

/** Same for spans that share tenant, service and resource; about as long as the resource is in a request. */
export function resourceKey(row: TracedRow): string {
  const resource = row.cells[at.ResourceAttributes] as Texts
  let key = resourceKeys.get(resource)
  if (key === undefined) {
    key = JSON.stringify(Object.entries(resource).sort(([a], [b]) => (a < b ? -1 : 1)))
    resourceKeys.set(resource, key)
  }
  return `${tenantOf(row)}\u0000${row.cells[at.ServiceName]}\u0000${key}`
}

/** Ours last, so that no producer speaks for another tenant. */
function resourceOf(row: TracedRow): Texts {
  const service = row.cells[at.ServiceName] as string
  return {
    ...(service === '' ? {} : { 'service.name': service }),
    ...(row.cells[at.ResourceAttributes] as Texts),
    [tenantAttribute]: tenantOf(row),
  }
}

function writeEvents(out: Writer, cells: TracedRow['cells']): void {
  const names = cells[at['Events.Name']] as readonly string[]
  const times = cells[at['Events.Timestamp']] as readonly string[]
  const maps = cells[at['Events.Attributes']] as unknown as readonly Texts[]
  for (const [index, name] of names.entries()) {
    out.uint32((11 << 3) | 2).fork()
    nanos(out, 1, nanosOf(times[index] ?? '0'))
    text(out, 2, name)
    attributes(out, 3, maps[index] ?? {})
    out.ldelim()
  }
}

function writeLinks(out: Writer, cells: TracedRow['cells']): void {
  const traces = cells[at['Links.TraceId']] as readonly string[]
  const spans = cells[at['Links.SpanId']] as readonly string[]
  for (const [index, trace] of traces.entries()) {
    out.uint32((13 << 3) | 2).fork()
    id(out, 1, trace)
    id(out, 2, spans[index] ?? '')
    out.ldelim()
  }
}

/** KeyValue { key = 1, value = 2: AnyValue { string_value = 1 | int_value = 3 } } */
function attributes(out: Writer, field: number, map: Texts): void {
  for (const [key, value] of Object.entries(map)) {
    out.uint32((field << 3) | 2).fork()
    text(out, 1, key)
    out.uint32((2 << 3) | 2).fork()
    if (isWholeNumber(key, value)) out.uint32((3 << 3) | 0).int64(Number(value))
    // An empty text is a value all the same: proto3 leaves it out only of fields that are not of a oneof.
    else out.uint32((1 << 3) | 2).string(value.toWellFormed())
    out.ldelim().ldelim()
  }
}

function text(out: Writer, field: number, value: string): void {
  // A receiver refuses a whole request for half a character.
  if (value !== '') out.uint32((field << 3) | 2).string(value.toWellFormed())
}

function id(out: Writer, field: number, hex: string): void {
  if (hex !== '') out.uint32((field << 3) | 2).bytes(Buffer.from(hex, 'hex'))
}

/** fixed64, little-endian: the low half first. */
function nanos(out: Writer, field: number, value: bigint): void {
  out
    .uint32((field << 3) | 1)
    .fixed32(Number(value & 0xffff_ffffn))
    .fixed32(Number((value >> 32n) & 0xffff_ffffn))
}

/** Epoch seconds and nanoseconds of the warehouse (`s.nnnnnnnnn`). */
const nanosOf = (stored: string): bigint => BigInt(stored.replace('.', ''))
