import type { z } from 'zod'
import type { LogRecord } from '#contracts/event-log.ts'
import { eventBytesRead, isLongerThan } from '#contracts/message-size.ts'
import { next, type Outcome, park } from '#contracts/outcome.ts'
import { parseSafely } from '#contracts/parse.ts'
import { recordHeaders, type TimeWindows, windowsFor } from '#contracts/pipeline.ts'
import { type Accept, acceptOf } from './cloud-event-accept.ts'
import { explainIssues } from './cloud-event-issues.ts'
import { type TenantRules, tenantOf } from './cloud-event-tenant.ts'
import { expiresAtSeconds, refusedTime } from './cloud-event-times.ts'

/** What every domain signal is: a CloudEvents 1.0 envelope (see contracts/signals/common.ts). */
export interface Envelope {
  readonly id: string
  readonly source: string
  readonly type: string
  /** RFC 3339. */
  readonly time: string
  readonly tenantid?: string | undefined
  readonly traceparent?: string | undefined
}

/** A validated event, whose it is, and what follows from its time. */
export interface ReadEvent<Event> {
  readonly tenant: string
  readonly event: Event
  /** Event time, epoch milliseconds. */
  readonly timeMs: number
  /** When rows made of it may go, epoch seconds. */
  readonly expiresAtSeconds: number
}

export interface ReaderOptions<Event> extends TenantRules {
  /** One schema per event type; from `schemasByType`. */
  readonly schemas: ReadonlyMap<string, z.ZodType<Event>>
  readonly windows: TimeWindows
}

/** Reads one record of a topic of CloudEvents: an outcome per event, in the record's order. Pure, and never throws. */
export type CloudEventReader<Event> = (record: LogRecord) => readonly Outcome<ReadEvent<Event>>[]

const tooLarge = park('too_large', 'value: more than 1 MiB; send smaller batches')
const notText = park('malformed_json', 'value: not UTF-8')
const notJson = park('malformed_json', 'value: not JSON')
const notAnEvent = park('invalid_schema', 'event: expected an object')
const untyped = park('invalid_schema', 'type: expected string')
const unknownType = park('unknown_type', 'type: not one that this topic takes; see the published schemas')
const noTime = park('invalid_schema', 'time: not a moment that exists')

/**
 * The schemas of a union by the `type` they are for. Looking the one schema up is many times faster than trying a
 * union, and names the right fields in the refusal.
 */
export function schemasByType<Event>(schemas: readonly z.ZodType<Event>[]): ReadonlyMap<string, z.ZodType<Event>> {
  return new Map(schemas.map((schema) => [typeOfSchema(schema), schema]))
}

function typeOfSchema(schema: z.ZodType): string {
  const def = (schema as unknown as z.core.$ZodTypes)._zod.def
  const type = def.type === 'object' ? (def.shape.type as z.core.$ZodTypes)._zod.def : undefined
  const value = type?.type === 'literal' ? type.values[0] : undefined
  if (typeof value !== 'string') throw new Error('an event schema must name its type as a literal')
  return value
}

/**
 * Reader of CloudEvents 1.0 as Kafka carries them (Kafka Protocol Binding 1.0.2): structured (the value is the event),
 * batched (a JSON array of events) and binary (attributes in `ce_` headers, the value is the data).
 */
export function createReader<Event extends Envelope>(options: ReaderOptions<Event>): CloudEventReader<Event> {
  const judges = new Map([...options.schemas].map(([type, schema]) => [type, { schema, accept: acceptOf(schema) }]))

  function readOne(value: unknown, record: LogRecord): Outcome<ReadEvent<Event>> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return notAnEvent
    const type = (value as { readonly type?: unknown }).type
    if (typeof type !== 'string') return untyped
    const judge = judges.get(type)
    if (judge === undefined) return unknownType
    const valid = validate(value, judge)
    return valid.type === 'next' ? place(valid.value, record) : valid
  }

  function place(event: Event, record: LogRecord): Outcome<ReadEvent<Event>> {
    const tenant = tenantOf(record, event.tenantid, options)
    if (typeof tenant !== 'string') return tenant
    const timeMs = Date.parse(event.time)
    if (Number.isNaN(timeMs)) return noTime
    const windows = windowsFor(options.windows, tenant)
    const refused = refusedTime(timeMs, record, windows)
    if (refused !== undefined) return refused
    return next({ tenant, event, timeMs, expiresAtSeconds: expiresAtSeconds(timeMs, record, windows) })
  }

  return function read(record) {
    const parsed = parseValue(record.value)
    if (parsed.type !== 'next') return [parsed]
    if (isBinaryMode(record)) return [readOne(fromHeaders(record, parsed.value), record)]
    if (Array.isArray(parsed.value)) return parsed.value.map((value) => readOne(value, record))
    return [readOne(parsed.value, record)]
  }
}

interface Judge<Event> {
  readonly schema: z.ZodType<Event>
  readonly accept: Accept | undefined
}

function validate<Event>(value: object, { schema, accept }: Judge<Event>): Outcome<Event> {
  // Sound, because `accept` is made from the schema and says yes only to what it accepts (see its property test).
  if (accept?.(value) === true) return next(value as Event)
  const result = parseSafely(schema, value)
  return result.success ? next(result.data) : park('invalid_schema', explainIssues(result.error.issues))
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parseValue(value: string | Uint8Array): Outcome<unknown> {
  if (isLongerThan(eventBytesRead, value)) return tooLarge
  let text: string
  try {
    text = typeof value === 'string' ? value : decoder.decode(value)
  } catch {
    return notText
  }
  try {
    return next(JSON.parse(text))
  } catch {
    return notJson
  }
}

/** The content type decides (Kafka Protocol Binding, 3): a structured event may carry its attributes as headers too. */
export const isBinaryMode = ({ headers }: LogRecord): boolean =>
  (headers.ce_specversion !== undefined || headers.ce_id !== undefined) &&
  headers[recordHeaders.contentType]?.startsWith('application/cloudevents') !== true

/** Binary mode: every `ce_` header is an attribute, the content type is that of the data. */
function fromHeaders(record: LogRecord, data: unknown): Record<string, unknown> {
  const attributes: [string, unknown][] = [['data', data]]
  for (const [name, value] of Object.entries(record.headers)) {
    if (name.startsWith('ce_')) attributes.push([name.slice(3), value])
  }
  const contentType = record.headers[recordHeaders.contentType]
  if (contentType !== undefined) attributes.push(['datacontenttype', contentType.split(';', 1)[0]?.trim()])
  return Object.fromEntries(attributes)
}
