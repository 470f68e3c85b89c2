import type { Span, SpanEvent } from '../signals/otlp.ts'
import { type Budget, fullBudget, readAttributes } from './attributes.ts'
import { otlpLimits } from './limits.ts'
import { noFault, note, type RecordFault } from './record-fault.ts'
import type { ResourceParts } from './resources.ts'
import { isTree, readEnum, readId, readNanos, readText, type Tree } from './scalars.ts'

const kinds: ReadonlyMap<string, number> = new Map(
  ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((name, kind) => [
    `SPAN_KIND_${name}`,
    kind,
  ]),
)
const statusCodes: ReadonlyMap<string, number> = new Map(
  ['UNSET', 'OK', 'ERROR'].map((name, code) => [`STATUS_CODE_${name}`, code]),
)

interface Reading {
  readonly fault: RecordFault
  readonly budget: Budget
}

/** One Span with its resource and scope, or what is wrong with it. */
export function readSpan(value: unknown, parts: ResourceParts): Span | RecordFault {
  if (!isTree(value)) return { detail: 'spans: each must be an object' }
  const fault = noFault()
  const reading = { fault, budget: fullBudget() }
  const status = isTree(value.status) ? value.status : {}
  const span: Span = {
    ...readIdentity(value, fault),
    ...readTimes(value, fault),
    name: readText(value.name, 'name', fault),
    kind: readEnum(value.kind, kinds, 5),
    statusCode: readEnum(status.code, statusCodes, 2),
    statusMessage: readText(status.message, 'status.message', fault),
    serviceName: parts.serviceName,
    resource: parts.resource,
    scopeName: parts.scopeName,
    attributes: readAttributes(value.attributes, { field: 'attributes', ...reading }),
    events: readParts(value.events, 'events', fault).map((event) => readEvent(event, reading)),
    links: readParts(value.links, 'links', fault).map((link) => ({
      traceId: readId(link.traceId ?? link.trace_id, { field: 'links.traceId', digits: 32 }, fault),
      spanId: readId(link.spanId ?? link.span_id, { field: 'links.spanId', digits: 16 }, fault),
    })),
  }
  return fault.detail === undefined ? span : fault
}

function readIdentity(
  value: Tree,
  fault: RecordFault,
): Pick<Span, 'traceId' | 'spanId' | 'parentSpanId' | 'traceState'> {
  const traceId = readId(value.traceId ?? value.trace_id, { field: 'traceId', digits: 32 }, fault)
  const spanId = readId(value.spanId ?? value.span_id, { field: 'spanId', digits: 16 }, fault)
  if (traceId === '') note(fault, 'traceId', 'must be 32 hex digits, not all zero')
  if (spanId === '') note(fault, 'spanId', 'must be 16 hex digits, not all zero')
  return {
    traceId,
    spanId,
    parentSpanId: readId(value.parentSpanId ?? value.parent_span_id, { field: 'parentSpanId', digits: 16 }, fault),
    traceState: readText(value.traceState ?? value.trace_state, 'traceState', fault),
  }
}

/** Stores keep a span's duration as an unsigned number, so one that ends before it starts is refused and seen, not stored wrongly. */
function readTimes(value: Tree, fault: RecordFault): Pick<Span, 'startTimeUnixNano' | 'endTimeUnixNano'> {
  const startTimeUnixNano = readNanos(value.startTimeUnixNano ?? value.start_time_unix_nano, 'startTimeUnixNano', fault)
  const endTimeUnixNano = readNanos(value.endTimeUnixNano ?? value.end_time_unix_nano, 'endTimeUnixNano', fault)
  if (startTimeUnixNano === '0') note(fault, 'startTimeUnixNano', 'is missing')
  if (endTimeUnixNano === '0') note(fault, 'endTimeUnixNano', 'is missing: send spans when they have ended')
  if (isBefore(endTimeUnixNano, startTimeUnixNano)) note(fault, 'endTimeUnixNano', 'is before startTimeUnixNano')
  return { startTimeUnixNano, endTimeUnixNano }
}

const isBefore = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length)

function readEvent(event: Tree, { fault, budget }: Reading): SpanEvent {
  return {
    timeUnixNano: readNanos(event.timeUnixNano ?? event.time_unix_nano, 'events.timeUnixNano', fault),
    name: readText(event.name, 'events.name', fault),
    attributes: readAttributes(event.attributes, { field: 'events.attributes', fault, budget }),
  }
}

function readParts(list: unknown, field: string, fault: RecordFault): readonly Tree[] {
  if (list === undefined || list === null) return []
  if (Array.isArray(list) && list.length <= otlpLimits.spanParts && list.every(isTree)) return list
  note(fault, field, `must be a list of at most ${otlpLimits.spanParts} objects`)
  return []
}
