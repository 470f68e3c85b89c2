import { jsonSchemaOf, type SignalName, signals } from '#contracts/signals/index.ts'

/** A JSON Schema, as far as the tables of the data model show it. */
interface Node {
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly format?: string
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly oneOf?: readonly Node[]
  readonly anyOf?: readonly Node[]
}

export interface Field {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly help: string
}

/** One type of CloudEvent, with the fields of its data. */
export interface EventType {
  readonly type: string
  readonly fields: readonly Field[]
}

export interface Signal {
  readonly name: SignalName
  readonly topics: readonly string[]
  readonly context: readonly Field[]
  readonly types: readonly EventType[]
}

export const listSignals = (): readonly Signal[] => (Object.keys(signals) as SignalName[]).map(describeSignal)

function describeSignal(name: SignalName): Signal {
  const schema = jsonSchemaOf(name) as Node
  const variants = schema.oneOf ?? schema.anyOf ?? [schema]
  const [first = schema] = variants
  return {
    name,
    topics: signals[name].topics,
    context: fieldsOf(first).filter((field) => field.name !== 'data' && field.name !== 'type'),
    types: variants.map((variant) => ({
      type: String(variant.properties?.type?.const),
      fields: fieldsOf(variant.properties?.data ?? {}),
    })),
  }
}

const fieldsOf = ({ properties = {}, required = [] }: Node): readonly Field[] =>
  Object.entries(properties).map(([name, node]) => ({
    name,
    type: typeOf(node),
    required: required.includes(name),
    help: [node.description ?? '', unitOf(name), node.default === undefined ? '' : `Default: ${String(node.default)}.`]
      .filter((part) => part !== '')
      .join(' '),
  }))

function typeOf(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`
  if (node.format === 'date-time') return 'date-time (RFC 3339)'
  if (node.type === 'string') return node.maxLength === undefined ? 'text' : `text, at most ${node.maxLength}`
  if (node.type === 'number' || node.type === 'integer') return `${node.type}${rangeOf(node)}`
  return node.type ?? 'any'
}

function rangeOf({ minimum, maximum }: Node): string {
  const least = minimum === undefined || minimum <= -Number.MAX_SAFE_INTEGER ? undefined : minimum
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (least === undefined && most === undefined) return ''
  if (most === undefined) return ` ≥ ${least}`
  return least === undefined ? ` ≤ ${most}` : ` ${least} to ${most}`
}

const units: readonly (readonly [RegExp, string])[] = [
  [/_ms$/, 'Milliseconds.'],
  [/_seconds$/, 'Seconds.'],
  [/_bytes$|^bytes/, 'Bytes.'],
  [/^packets_/, 'Packets.'],
  [/_samples$|^samples_/, 'Audio samples.'],
  [/^frames_/, 'Frames.'],
  [/^frame_(width|height)$/, 'Pixels.'],
]

const unitOf = (name: string): string => units.find(([pattern]) => pattern.test(name))?.[1] ?? ''
