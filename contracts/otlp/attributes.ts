import type { Attributes, AttributeValue } from '../signals/otlp.ts'
import { otlpLimits } from './limits.ts'
import { note, type RecordFault } from './record-fault.ts'
import { cutText, isTree, type Tree } from './scalars.ts'

const integer = /^-?\d{1,19}$/

/** How many more values the record in hand may hold, through all levels. */
export interface Budget {
  values: number
}

export const fullBudget = (): Budget => ({ values: otlpLimits.values })

interface Place {
  readonly field: string
  readonly fault: RecordFault
  readonly budget: Budget
}

const none: Attributes = Object.freeze(Object.create(null) as Attributes)

/**
 * OTLP KeyValue list to a plain map. The map has no prototype, so that a key such as `__proto__` is a key like any other.
 * Of equal keys the last wins.
 */
export function readAttributes(list: unknown, place: Place, depth = 0): Attributes {
  if (list === undefined || list === null) return none
  if (!Array.isArray(list)) return refuse(place, 'must be a list of key and value', none)
  if (depth === 0 && list.length > otlpLimits.attributes) {
    return refuse(place, `holds more than ${otlpLimits.attributes} entries: send fewer`, none)
  }
  const attributes: Record<string, AttributeValue> = Object.create(null)
  for (const entry of list) {
    if (!isTree(entry) || typeof (entry.key ?? '') !== 'string')
      return refuse(place, 'each entry needs a text key', none)
    attributes[(entry.key as string | undefined) ?? ''] = readValue(entry.value, place, depth)
    if (place.fault.detail !== undefined) return none
  }
  return attributes
}

/** One AnyValue. An empty one (no value set) is null. */
export function readValue(value: unknown, place: Place, depth = 0): AttributeValue {
  if (value === undefined || value === null) return null
  place.budget.values -= 1
  if (place.budget.values < 0) return refuse(place, `holds more than ${otlpLimits.values} values: send fewer`, null)
  if (depth > otlpLimits.depth)
    return refuse(place, `is nested more than ${otlpLimits.depth} levels deep: flatten it`, null)
  if (!isTree(value)) return refuse(place, 'must be an AnyValue such as {"stringValue": "…"}', null)
  return readScalar(value, place) ?? readNested(value, place, depth)
}

function readScalar(value: Tree, place: Place): AttributeValue | undefined {
  const text = value.stringValue ?? value.string_value
  if (typeof text === 'string') return cutText(text)
  if (text !== undefined) return refuse(place, 'stringValue must be text', null)
  const whole = value.intValue ?? value.int_value
  if (whole !== undefined) return readInteger(whole, place)
  const truth = value.boolValue ?? value.bool_value
  if (truth !== undefined)
    return typeof truth === 'boolean' ? truth : refuse(place, 'boolValue must be true or false', null)
  const double = value.doubleValue ?? value.double_value
  if (double !== undefined) return readDouble(double, place)
  const bytes = value.bytesValue ?? value.bytes_value
  if (bytes === undefined) return undefined
  return typeof bytes === 'string' ? cutText(bytes) : refuse(place, 'bytesValue must be base64 text', null)
}

/** A 64-bit integer: a number where a double holds it exactly, else its decimal text. */
function readInteger(value: unknown, place: Place): AttributeValue {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value !== 'string' || !integer.test(value)) return refuse(place, 'intValue must be a 64-bit integer', null)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** JSON knows no NaN and no infinities: the mapping writes them as text, and so do we. */
function readDouble(value: unknown, place: Place): AttributeValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value
  return refuse(place, 'doubleValue must be a number', null)
}

function readNested(value: Tree, place: Place, depth: number): AttributeValue {
  const list = value.arrayValue ?? value.array_value
  if (isTree(list)) {
    const values = list.values ?? []
    if (!Array.isArray(values)) return refuse(place, 'arrayValue needs a list of values', null)
    const read: AttributeValue[] = []
    for (const item of values) {
      read.push(readValue(item, place, depth + 1))
      if (place.fault.detail !== undefined) return null
    }
    return read
  }
  const map = value.kvlistValue ?? value.kvlist_value
  if (isTree(map)) return readAttributes(map.values, place, depth + 1)
  return list === undefined && map === undefined
    ? null
    : refuse(place, 'arrayValue and kvlistValue must be objects', null)
}

function refuse<T>({ field, fault }: Place, fix: string, harmless: T): T {
  note(fault, field, fix)
  return harmless
}
