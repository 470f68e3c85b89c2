import { isAllowedFunction, notAllowed } from './sql-functions.ts'
import { disguised, isFunctionInDisguise } from './sql-guard-names.ts'

/** A node of ClickHouse's own parse tree, as `EXPLAIN AST` prints it. */
interface Node {
  readonly type: string
  /** Name of a table, function or column; '' for other nodes. */
  readonly name: string
  readonly children: Node[]
}

/** Parts of a SELECT. Everything else (Set is SETTINGS, table functions, transformers that hide calls) is refused. */
const allowedNodes = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'ExpressionList',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'TableExpression',
  'TableJoin',
  'TableIdentifier',
  'ArrayJoin',
  'Subquery',
  'WithElement',
  'Identifier',
  'Literal',
  'Function',
  'Asterisk',
  'QualifiedAsterisk',
  'ColumnsRegexpMatcher',
  'ColumnsTransformerList',
  'ColumnsExceptTransformer',
  'OrderByElement',
  'InterpolateElement',
  'WindowDefinition',
  'WindowListElement',
  'SampleRatio',
])

/** System tables that say how the warehouse is doing, and hold no settings, users or queries of others (where its files lie is no secret to an administrator). */
const allowedSystemTables = new Set([
  'one',
  'numbers',
  'tables',
  'columns',
  'parts',
  'functions',
  'data_type_families',
  'merges',
  'mutations',
])

const membership = /^(global)?(not)?(null)?in(ignoreset)?$/i

/** Checks a parse tree. Undefined: nothing in it but a SELECT over allowed tables; else what is wrong. */
export function refuseTree(lines: readonly string[], functions: ReadonlySet<string>): string | undefined {
  const root = readTree(lines)
  if (root === undefined || root.type !== 'SelectWithUnionQuery') return 'only one SELECT is allowed'
  if (root.children.length !== 1) return 'FORMAT, SETTINGS and INTO OUTFILE are not allowed'
  return refuseNode(root, functions)
}

function refuseNode(node: Node, functions: ReadonlySet<string>): string | undefined {
  if (!allowedNodes.has(node.type))
    return node.type === 'Set' ? 'SETTINGS are not allowed' : `"${node.type}" is not allowed in this SELECT`
  const refusal = refuseByType(node, functions)
  if (refusal !== undefined) return refusal
  for (const child of node.children) {
    const below = refuseNode(child, functions)
    if (below !== undefined) return below
  }
  return undefined
}

function refuseByType(node: Node, functions: ReadonlySet<string>): string | undefined {
  switch (node.type) {
    case 'TableExpression':
      return node.children.every(
        ({ type }) => type === 'TableIdentifier' || type === 'Subquery' || type === 'SampleRatio',
      )
        ? undefined
        : `table functions are not allowed: ${node.children[0]?.name}(...)`
    case 'TableIdentifier':
      return refuseTable(node.name)
    case 'Identifier':
      // Where a function takes another, this is a call without brackets.
      return isFunctionInDisguise(node.name, functions) ? disguised(node.name) : refuseName(node.name)
    case 'Function':
      return refuseFunction(node)
    default:
      return undefined
  }
}

/** Names beginning with a foreign database. Columns may be qualified too, by tables and aliases: only known databases are judged. */
function refuseName(name: string): string | undefined {
  const [database = '', table = ''] = name.split('.')
  const lower = database.toLowerCase()
  if (lower === 'information_schema') return 'information_schema is not allowed: use system.tables and system.columns'
  if (lower !== 'system' || allowedSystemTables.has(table)) return undefined
  return `system.${table} is not allowed; allowed are ${[...allowedSystemTables].map((known) => `system.${known}`).join(', ')}`
}

/** Our own tables stand in the database of the connection, which is `default` on the embedded engine. */
function refuseTable(name: string): string | undefined {
  const parts = name.split('.')
  const database = parts.length > 1 ? (parts[0] ?? '') : 'default'
  if (/^(default|system|information_schema)$/i.test(database)) return refuseName(name)
  return `the database ${database} is not allowed`
}

function refuseFunction({ name, children }: Node): string | undefined {
  if (!isAllowedFunction(name)) return notAllowed(name)
  if (!membership.test(name)) return undefined
  // "x IN f(...)" takes a table function, too.
  const right = children[0]?.children[1]
  if (right?.type === 'Identifier') return refuseTable(right.name)
  const harmless =
    right === undefined ||
    right.type !== 'Function' ||
    /^(tuple|array|_?cast|tointerval\w+|arraymap|arrayfilter|range|splitbychar|negate|plus|minus|to\w+)$/i.test(
      right.name,
    )
  return harmless ? undefined : `table functions are not allowed: IN ${right.name}(...)`
}

/** Depth is the number of leading spaces; names cannot hold line breaks, which the tokenizer has refused. */
function readTree(lines: readonly string[]): Node | undefined {
  const path: Node[] = []
  for (const line of lines) {
    const depth = line.length - line.trimStart().length
    const node = readNode(line.trimStart())
    if (depth > path.length || (depth === 0 && path.length > 0)) return undefined
    path.length = depth
    path.at(-1)?.children.push(node)
    path.push(node)
  }
  return path[0]
}

function readNode(text: string): Node {
  const [type = ''] = text.split(' ', 1)
  const named = type === 'Function' || type === 'Identifier' || type === 'TableIdentifier'
  const name = named ? text.slice(type.length + 1).replace(/( \(alias .*\))?( \(children \d+\))?$/, '') : ''
  return { type, name, children: [] }
}
