import { isNilId, traceIdPrefix } from '#contracts/ids.ts'
import {
  type Attributes,
  type AttributeValue,
  correlationAttributes,
  linkAttributes,
  tenantAttributes,
} from '#contracts/signals/otlp.ts'
import { stableJson } from './checksum.ts'
import type { LinkIds } from './links.ts'

/** What a log line and a span have in common: attributes of their own and of their resource, and a trace. */
export interface Attributed {
  readonly attributes: Attributes
  readonly resource: Attributes
  readonly traceId: string
}

// As for ids in events (contracts/signals/common.ts): longer ones are no ids but text that got there by mistake.
const maxIdLength = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
const controlCharacter = /[\u0000-\u001f\u007f]/

/** The first of these keys that holds an id, the record's own attributes before its resource's. Undefined: none does. */
export function idAttribute({ attributes, resource }: Attributed, keys: readonly string[]): string | undefined {
  for (const holder of [attributes, resource]) {
    for (const key of keys) {
      const id = asId(holder[key])
      if (id !== undefined) return id
    }
  }
  return undefined
}

function asId(value: AttributeValue | undefined): string | undefined {
  const id = typeof value === 'number' ? String(value) : value
  if (typeof id !== 'string' || id.length > maxIdLength || isNilId(id) || controlCharacter.test(id)) return undefined
  return id
}

export const tenantNamedBy = (signal: Attributed): string | undefined => idAttribute(signal, tenantAttributes)
/** Undefined also for one that could not be told from a trace id. */
export function correlationIdOf(signal: Attributed): string | undefined {
  const id = idAttribute(signal, correlationAttributes)
  return id?.startsWith(traceIdPrefix) === true ? undefined : id
}

/** Ids beside the correlation id, which join the logs and spans of a call to it. */
export const linkIdsOf = (signal: Attributed): LinkIds => ({
  trace_id: signal.traceId === '' ? undefined : signal.traceId,
  call_id: idAttribute(signal, linkAttributes.call_id),
  session_id: idAttribute(signal, linkAttributes.session_id),
  conf_session_id: idAttribute(signal, linkAttributes.conf_session_id),
  sip_call_id: idAttribute(signal, linkAttributes.sip_call_id),
})

/** Attributes for a Map(String, String) column: text as it is, everything else as JSON, an empty value as ''. */
export function attributeMap(attributes: Attributes): Readonly<Record<string, string>> {
  // Without a prototype, so that `__proto__` is a key like any other.
  const map: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(attributes)) map[key] = attributeText(value)
  return map
}

const attributeText = (value: AttributeValue): string => {
  if (typeof value === 'string') return value
  return value === null ? '' : stableJson(value)
}

/** `attributeMap` for resources, which the lines of a batch share: made once per resource. */
export function createResourceMap(): (resource: Attributes) => Readonly<Record<string, string>> {
  const made = new WeakMap<Attributes, Readonly<Record<string, string>>>()
  return function resourceMap(resource) {
    const known = made.get(resource) ?? attributeMap(resource)
    made.set(resource, known)
    return known
  }
}
