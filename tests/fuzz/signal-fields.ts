import type { z } from 'zod'
import { signals } from '#contracts/signals/index.ts'

/** A field of an event that holds text or a number, and where it is. */
export interface SignalField {
  readonly path: readonly string[]
  readonly kind: 'text' | 'number' | 'choice'
}

/** One type of event, as its schema describes it: a new field of it is one more here. */
export interface EventType {
  readonly type: string
  readonly topic: string
  readonly schema: z.ZodType
  readonly fields: readonly SignalField[]
  /** A valid event with every field that it may have. Ids begin with `prefix`. */
  example(prefix: string, time: string): Record<string, unknown>
}

type Def = z.core.$ZodTypes['_zod']['def']
const defOf = (schema: z.core.$ZodType): Def => (schema as z.core.$ZodTypes)._zod.def

function optionsOf(schema: z.core.$ZodType): readonly z.ZodType[] {
  const def = defOf(schema)
  return (def.type === 'union' ? def.options : [schema]) as readonly z.ZodType[]
}

function describe(topics: readonly string[], schema: z.ZodType): EventType {
  const whole = exampleOf(schema, 'x', new Date(0).toISOString(), []) as { readonly type: string }
  const family = whole.type.split('.', 1)[0] ?? ''
  const topic = topics.find((name) => name.startsWith({ conference: 'conf', quality: 'quality' }[family] ?? family))
  return {
    ...{ type: whole.type, topic: topic ?? topics[0] ?? '', schema },
    fields: fieldsOf(schema, []),
    example(prefix, time) {
      const event = exampleOf(schema, prefix, time, []) as Record<string, unknown>
      const read = schema.safeParse(event)
      if (!read.success) throw new Error(`no example of ${whole.type}: ${read.error.message}`)
      return event
    },
  }
}

function inner(schema: z.core.$ZodType): z.core.$ZodType {
  const def = defOf(schema)
  return def.type === 'optional' || def.type === 'default' ? inner(def.innerType) : schema
}

function fieldsOf(schema: z.core.$ZodType, path: readonly string[]): readonly SignalField[] {
  const def = defOf(inner(schema))
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([name, member]) => fieldsOf(member, [...path, name]))
    case 'array':
      return fieldsOf(def.element, [...path, '0'])
    case 'string':
      return [{ path, kind: 'text' }]
    case 'number':
      return [{ path, kind: 'number' }]
    default:
      return [{ path, kind: 'choice' }]
  }
}

/** Texts of which each kind of text takes one. */
const texts = (prefix: string, name: string, time: string): readonly string[] => [
  ...(name === 'time' || name.endsWith('_at') ? [time] : []),
  ...['EUR', '0.0125', `00-${'4bf92f3577b34da6a3ce929d0e0e47'}36-00f067aa0ba902b7-01`].filter(
    (_, at) => ['currency', 'amount', 'traceparent'].indexOf(name) === at,
  ),
  `${prefix}-${name}`,
]

function exampleOf(schema: z.core.$ZodType, prefix: string, time: string, path: readonly string[]): unknown {
  const real = inner(schema)
  const def = defOf(real)
  const name = path.at(-1) ?? ''
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape)
          // It has to be the tenant's own name, or left out.
          .filter(([name]) => name !== 'tenantid')
          .map(([name, member]) => [name, exampleOf(member, prefix, time, [...path, name])]),
      )
    case 'array':
      return [exampleOf(def.element, prefix, time, [...path, '0'])]
    case 'literal':
      return def.values[0]
    case 'enum':
      return Object.values(def.entries)[0]
    case 'boolean':
      return false
    default:
      return acceptedOf(real as z.ZodType, [...texts(prefix, name, time), 486, 1_000, 100, 50, 3, 1])
  }
}

function acceptedOf(schema: z.ZodType, candidates: readonly unknown[]): unknown {
  const accepted = candidates.find((candidate) => schema.safeParse(candidate).success)
  if (accepted === undefined) throw new Error('a kind of field of which no example is known: add one here')
  return accepted
}

/** The event with another value in one place. */
export function withField(
  event: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const copy = structuredClone(event)
  const holder = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy)
  Object.defineProperty(holder, path.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true })
  return copy
}

/** Every type of event of every signal. */
export const eventTypes: readonly EventType[] = Object.values(signals).flatMap(({ topics, schema }) =>
  optionsOf(schema).map((option) => describe(topics, option)),
)
