import { z } from 'zod'
import { configSchema } from './config-schema.ts'

/** One setting as people see it: where it stands in the file, its variable, what it means. */
export interface Setting {
  readonly path: string
  readonly variable: string
  readonly kind: string
  readonly help: string
  readonly default: unknown
  /** Never printed; its companion `<path>File` names a file that holds it. */
  readonly secret: boolean
}

interface Node {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly secret?: boolean
  readonly properties?: Readonly<Record<string, Node>>
  readonly propertyNames?: unknown
}

/** Every setting, read off the schema: nobody keeps a second list. */
export function describeSchema(): readonly Setting[] {
  return leaves(z.toJSONSchema(configSchema, { io: 'input' }) as Node, '')
}

function leaves(node: Node, prefix: string): readonly Setting[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const path = `${prefix}${key}`
    if (child.properties !== undefined) return leaves(child, `${path}.`)
    return [
      {
        path,
        variable: variableOf(path),
        kind: child.type ?? 'string',
        help: child.description ?? '',
        default: child.default,
        secret: child.secret === true,
      },
    ]
  })
}

/** `sql.memoryMiB` -> `CALLSCOPE_SQL_MEMORY_MIB`. */
const variableOf = (path: string): string =>
  `CALLSCOPE_${path
    .replaceAll('MiB', '_MIB')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`
