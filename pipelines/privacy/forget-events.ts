import { type LogRecord, textOf } from '#contracts/event-log.ts'
import type { Privacy } from '#contracts/privacy.ts'
import { cloudEventContext } from '#contracts/signals/common.ts'
import { signals } from '#contracts/signals/index.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import { isBinaryMode } from '../steps/cloud-event.ts'
import type { ErasedSubjects } from './erased.ts'

/** Whose erasures are honoured in a message that names several tenants, or none that is known: everybody's. */
export type ErasingTenants = (named: string | undefined) => readonly string[]

interface EventForgetterParts {
  readonly forgetting: Privacy
  readonly erased: () => ErasedSubjects
}

type Tree = Readonly<Record<string, unknown>>

/** Erasures in messages of CloudEvents, however they come; and in text of which nothing is known. */
export function createEventForgetter({ forgetting, erased }: EventForgetterParts) {
  /** Whether a person is named in a text. */
  const names = (text: string, tenants: readonly string[], atMs: number): boolean =>
    tenants.some((tenant) => {
      const line = { ...nothingElse, body: text }
      return forgetting.line(line, { tenant, atMs }) !== line
    })

  /** A person, or a call by its id. */
  const namesAnybody = (text: string, tenants: readonly string[], atMs: number): boolean =>
    tenants.some((tenant) => [...erased().calls(tenant)].some((id) => text.includes(id))) || names(text, tenants, atMs)

  /** An event of one topic. Undefined: nothing of it may be kept. */
  function forgetEvent(event: unknown, record: LogRecord, asked: ErasingTenants): unknown {
    const { tenantid, correlationid, time } = isTree(event) ? event : {}
    const tenants = asked(typeof tenantid === 'string' ? tenantid : undefined)
    const atMs = momentOf(time, record)
    let clean = event
    for (const tenant of tenants) {
      const correlationId = typeof correlationid === 'string' ? correlationid : undefined
      if (isTree(clean) && isTree(clean.data)) {
        const { data } = forgetting.data(clean.data, { tenant, atMs, correlationId })
        if (data !== clean.data) clean = { ...clean, data }
      }
      if (correlationId !== undefined && erased().call(tenant, correlationId)) {
        clean = onlyKnown(clean, record.topic)
        if (clean === undefined) return undefined
      }
    }
    return tenants.length > 0 && names(JSON.stringify(clean) ?? '', tenants, atMs) ? undefined : clean
  }

  function forgetBinary(record: LogRecord, data: unknown, asked: ErasingTenants): LogRecord | undefined {
    const event = forgetEvent({ ...attributesOf(record), data }, record, asked)
    if (!isTree(event)) return undefined
    return event.data === data ? record : { ...record, value: JSON.stringify(event.data) }
  }

  return {
    names,
    namesAnybody,
    forget(record: LogRecord, asked: ErasingTenants): LogRecord | undefined {
      const parsed = parse(textOf(record))
      if (parsed === undefined)
        return namesAnybody(textOf(record), asked(undefined), record.logTimeMs) ? undefined : record
      if (isBinaryMode(record)) return forgetBinary(record, parsed, asked)
      const sent: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed]
      const kept = sent.map((event) => forgetEvent(event, record, asked))
      if (kept.every((event, at) => event === sent[at])) return record
      const left = kept.filter((event) => event !== undefined)
      if (left.length === 0) return undefined
      return { ...record, value: JSON.stringify(Array.isArray(parsed) ? left : left[0]) }
    },
  }
}

/** What the schema of its topic knows of an event, which is all that decoding reads; undefined for what it refuses. */
function onlyKnown(event: unknown, topic: string): unknown {
  const signal = Object.values(signals).find(({ topics }) => (topics as readonly string[]).includes(topic))
  if (!isTree(event) || signal?.schema.safeParse(event).success !== true) return undefined
  const known = Object.keys(event).filter((name) => knownAttributes.has(name))
  return known.length === Object.keys(event).length
    ? event
    : Object.fromEntries(known.map((name) => [name, event[name]]))
}

const knownAttributes: ReadonlySet<string> = new Set([
  ...Object.keys(cloudEventContext),
  ...['type', 'correlationid', 'data'],
])

const attributesOf = ({ headers }: LogRecord): Tree =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name.startsWith('ce_') ? [[name.slice(3), value]] : [])),
  )

function momentOf(time: unknown, { logTimeMs }: LogRecord): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(ms) ? logTimeMs : ms
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // JSON.parse throws only on what is no JSON
  }
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Text of which nothing is known, as a log line: its texts are looked through whole. */
const nothingElse: LogLine = {
  ...{ timeUnixNano: '0', severityNumber: 0, severityText: '', traceId: '', spanId: '', serviceName: '' },
  ...{ scopeName: '', body: '', resource: {}, attributes: {} },
}
