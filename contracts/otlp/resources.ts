import type { Attributes } from '../signals/otlp.ts'
import { fullBudget, readAttributes } from './attributes.ts'
import { otlpLimits } from './limits.ts'
import { noFault, note, type RecordFault } from './record-fault.ts'
import { isTree, readText, type Tree } from './scalars.ts'

/** What all records of one resource and scope share. */
export interface ResourceParts {
  readonly resource: Attributes
  /** `service.name` of the resource, or '' where it names none. */
  readonly serviceName: string
  readonly scopeName: string
}

/** Field names, by camelCase and snake_case, of the three levels of an OTLP export request. */
export interface RequestShape {
  readonly resources: readonly [string, string]
  readonly scopes: readonly [string, string]
  readonly records: readonly [string, string]
  /** Where to send a request that was meant for the other endpoint: its field and ours. */
  readonly other: readonly [string, string]
  readonly path: string
  readonly otherPath: string
}

export interface Read<Row> {
  readonly rows: Row[]
  readonly refused: RecordFault[]
}

type ReadRecord<Row> = (value: unknown, parts: ResourceParts) => Row | RecordFault

/** Walks resources, scopes and records. A bad record is refused by itself; a bad resource refuses each of its records. */
export function readRequest<Row extends object>(
  request: Tree,
  shape: RequestShape,
  readRecord: ReadRecord<Row>,
): Read<Row> | RecordFault {
  const found = list(request, shape.resources)
  if (found === 'wrong') return { detail: `${shape.resources[0]}: must be a list` }
  if (found.length === 0 && list(request, shape.other).length > 0) {
    return { detail: `${shape.other[0]}: belongs to ${shape.otherPath}; ${shape.path} takes ${shape.resources[0]}` }
  }
  const fault = overLimit(found, shape)
  if (fault !== undefined) return { detail: fault }
  const read: Read<Row> = { rows: [], refused: [] }
  for (const entry of found) readResource(entry, shape, (value, parts, fault) => take(value, parts, fault))
  return read

  function take(value: unknown, parts: ResourceParts, fault: RecordFault): void {
    const row = fault.detail === undefined ? readRecord(value, parts) : { detail: fault.detail }
    if ('detail' in row) read.refused.push(row as RecordFault)
    else read.rows.push(row)
  }
}

/** Containers cost time whether or not anything is in them: which of them are too many, and what to do. */
function overLimit(resources: readonly unknown[], shape: RequestShape): string | undefined {
  const scopes = resources.flatMap((resource) => listOf(resource, shape.scopes))
  const records = scopes.reduce<number>((sum, scope) => sum + listOf(scope, shape.records).length, 0)
  const counts = { resources: resources.length, scopes: scopes.length, records } as const
  const over = (['resources', 'scopes', 'records'] as const).find((level) => counts[level] > otlpLimits[level])
  if (over === undefined) return undefined
  return `${shape[over][0]}: more than ${otlpLimits[over].toLocaleString('en')} in one request: send smaller batches`
}

function listOf(holder: unknown, names: readonly [string, string]): readonly unknown[] {
  const found = isTree(holder) ? list(holder, names) : []
  return found === 'wrong' ? [] : found
}

function readResource(
  entry: unknown,
  shape: RequestShape,
  take: (value: unknown, parts: ResourceParts, fault: RecordFault) => void,
): void {
  const fault = noFault()
  const container = isTree(entry) ? entry : {}
  const holder = isTree(container.resource) ? container.resource : {}
  const resource = readAttributes(holder.attributes, { field: 'resource.attributes', fault, budget: fullBudget() })
  const service = resource['service.name']
  for (const scope of objects(container, shape.scopes, fault)) {
    const scopeName = isTree(scope.scope) ? readText(scope.scope.name, 'scope.name', fault) : ''
    const parts = { resource, serviceName: typeof service === 'string' ? service : '', scopeName }
    const records = list(scope, shape.records)
    if (records === 'wrong') take(undefined, parts, { detail: `${shape.records[0]}: must be a list` })
    else for (const record of records) take(record, parts, fault)
  }
  if (!isTree(entry)) note(fault, shape.resources[0], 'each must be an object')
  if (fault.detail !== undefined && objects(container, shape.scopes, noFault()).length === 0) {
    take(undefined, { resource, serviceName: '', scopeName: '' }, fault)
  }
}

function objects(holder: Tree, names: readonly [string, string], fault: RecordFault): readonly Tree[] {
  const found = list(holder, names)
  if (found !== 'wrong' && found.every(isTree)) return found
  note(fault, names[0], 'must be a list of objects')
  return []
}

function list(holder: Tree, [camel, snake]: readonly [string, string]): readonly unknown[] | 'wrong' {
  const value = holder[camel] ?? holder[snake]
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : 'wrong'
}
