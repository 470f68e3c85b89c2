import type { z } from 'zod'
import { orderAsked } from '#contracts/signals/time-order.ts'

/** True only for values that the schema accepts; fills in defaults where it says true. False says nothing. */
export type Accept = (value: unknown) => boolean

/**
 * Makes a quick yes from a Zod schema, for the hot path: reading one sample with Zod alone takes 4 µs, so that one
 * thread could not read 250,000 a second. The schema stays the only truth: the quick yes is made from its definition,
 * and whatever is not plainly right is left to Zod, which also words the refusal. A kind of schema or check that is
 * not listed here gives undefined, so a new refinement can never be skipped.
 */
export function acceptOf(schema: z.core.$ZodType): Accept | undefined {
  const def = (schema as z.core.$ZodTypes)._zod.def
  switch (def.type) {
    case 'object':
      return acceptObject(def)
    case 'array':
      return acceptArray(def)
    case 'string':
      return acceptString(def)
    case 'number':
      return acceptNumber(def)
    case 'boolean':
      return def.checks === undefined ? (value) => typeof value === 'boolean' : undefined
    case 'enum':
      return acceptOneOf(Object.values(def.entries))
    case 'literal':
      return acceptOneOf(def.values)
    default:
      return undefined
  }
}

const acceptOneOf = (values: readonly unknown[]): Accept => {
  const known = new Set(values)
  return (value) => known.has(value)
}

interface Member {
  readonly accept: Accept
  readonly required: boolean
  /** Copied in where the key is absent: a primitive, as all our defaults are. */
  readonly fallback: string | number | boolean | undefined
}

function memberOf(schema: z.core.$ZodType): Member | undefined {
  const def = (schema as z.core.$ZodTypes)._zod.def
  const wrapped = def.type === 'optional' || def.type === 'default'
  const accept = acceptOf(wrapped ? def.innerType : schema)
  if (accept === undefined) return undefined
  if (def.type !== 'default') return { accept, required: !wrapped, fallback: undefined }
  const fallback: unknown = def.defaultValue
  const plain = typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean'
  return plain ? { accept, required: false, fallback } : undefined
}

function acceptObject(def: z.core.$ZodObjectDef): Accept | undefined {
  const members = new Map<string, Member>()
  for (const [key, schema] of Object.entries(def.shape)) {
    const member = memberOf(schema)
    if (member === undefined) return undefined
    members.set(key, member)
  }
  const rest = def.catchall === undefined ? undefined : (def.catchall as z.core.$ZodTypes)._zod.def.type
  const order = orderOf(def.checks)
  if (order === undefined || (rest !== 'never' && rest !== 'unknown')) return undefined
  const required = [...members.values()].filter((member) => member.required).length
  const fallbacks = [...members].filter(([, { fallback }]) => fallback !== undefined)
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const found = countAccepted(value as Record<string, unknown>, members, rest === 'unknown')
    if (found !== required) return false
    for (const isInOrder of order) if (!isInOrder(value as Record<string, unknown>)) return false
    for (const [key, { fallback }] of fallbacks) {
      if (!Object.hasOwn(value, key)) (value as Record<string, unknown>)[key] = fallback
    }
    return true
  }
}

/** The orders of times that an object's checks ask for, or undefined when there is any other check. */
function orderOf(checks: readonly z.core.$ZodCheck<never>[] = []) {
  const orders = checks.map(orderAsked)
  return orders.every((order) => order !== undefined) ? orders : undefined
}

/** How many required members are there; -1 when a member is wrong or not known. */
function countAccepted(value: Record<string, unknown>, members: ReadonlyMap<string, Member>, loose: boolean): number {
  let found = 0
  for (const key in value) {
    const member = members.get(key)
    if (member === undefined) {
      if (!loose || key === '__proto__') return -1
    } else if (!member.accept(value[key])) return -1
    else if (member.required) found++
  }
  return found
}

function acceptArray(def: z.core.$ZodArrayDef): Accept | undefined {
  const element = acceptOf(def.element)
  const length = lengthOf(def.checks)
  if (element === undefined || length === undefined) return undefined
  const { min, max } = length
  return (value) => Array.isArray(value) && value.length >= min && value.length <= max && value.every(element)
}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly patterns: readonly RegExp[]
}

/** Bounds of a length and patterns, or undefined when there is any other check. */
function lengthOf(checks: readonly z.core.$ZodCheck<never>[] | undefined): Bounds | undefined {
  let min = 0
  let max = Number.POSITIVE_INFINITY
  const patterns: RegExp[] = []
  for (const check of checks ?? []) {
    const def = (check as unknown as z.core.$ZodChecks)._zod.def
    if (def.check === 'min_length') min = Math.max(min, def.minimum)
    else if (def.check === 'max_length') max = Math.min(max, def.maximum)
    else if (def.check === 'string_format' && def.format === 'regex' && isStateless(def.pattern))
      patterns.push(def.pattern)
    else return undefined
  }
  return { min, max, patterns }
}

/** A global or sticky expression remembers where it stopped. */
const isStateless = (pattern: RegExp | undefined): pattern is RegExp =>
  pattern !== undefined && !pattern.global && !pattern.sticky

function acceptString(def: z.core.$ZodStringDef): Accept | undefined {
  const bounds = lengthOf(def.checks)
  if (bounds === undefined || def.coerce === true) return undefined
  const patterns = [...bounds.patterns]
  if ('format' in def) {
    const { format, pattern } = def as z.core.$ZodStringFormatDef
    // Of Zod's formats only those that are nothing but their pattern.
    if (format !== 'datetime' || !isStateless(pattern)) return undefined
    patterns.push(pattern)
  }
  const { min, max } = bounds
  const [only, ...more] = patterns
  return (value) =>
    typeof value === 'string' &&
    value.length >= min &&
    value.length <= max &&
    (only === undefined || only.test(value)) &&
    more.every((pattern) => pattern.test(value))
}

function acceptNumber(def: z.core.$ZodNumberDef): Accept | undefined {
  let integer = false
  let min = Number.NEGATIVE_INFINITY
  let max = Number.POSITIVE_INFINITY
  const format = 'format' in def ? (def as z.core.$ZodNumberFormatDef).format : undefined
  if (def.coerce === true || (format !== undefined && format !== 'safeint')) return undefined
  if (format === 'safeint') integer = true
  for (const check of def.checks ?? []) {
    const bound = (check as unknown as z.core.$ZodChecks)._zod.def
    if (bound.check === 'number_format' && bound.format === 'safeint') integer = true
    else if (bound.check === 'greater_than' && bound.inclusive) min = Math.max(min, Number(bound.value))
    else if (bound.check === 'less_than' && bound.inclusive) max = Math.min(max, Number(bound.value))
    else return undefined
  }
  const right = integer ? Number.isSafeInteger : Number.isFinite
  return (value) => right(value) && (value as number) >= min && (value as number) <= max
}
