import { isAllowedFunction } from './sql-functions.ts'
import type { Token } from './sql-guard-tokens.ts'

/** Take the name of an aggregate function as text. */
const aggregateByText = new Set(['arrayreduce', 'arrayreduceinranges'])
/** Take a type as text, and where it stands. A type names functions too: AggregateFunction(...). */
const typeByText: ReadonlyMap<string, 'second' | 'last'> = new Map([
  ...(['cast', '_cast', 'accuratecast', 'accuratecastornull', 'accuratecastordefault', 'reinterpret'] as const).map(
    (name) => [name, 'second'] as const,
  ),
  ...(
    [
      'jsonextract',
      'jsonextractcaseinsensitive',
      'jsonextractkeysandvalues',
      'jsonextractkeysandvaluescaseinsensitive',
    ] as const
  ).map((name) => [name, 'last'] as const),
])
/** Columns of allowed tables that are functions, too: without arguments, so that nothing can be handed to them. */
const columnsToo = new Set(['database', 'version'])

/**
 * Names that no bracket follows. `arrayMap(file, ['/etc/passwd'])` calls `file` on this engine, and the name of an aggregate
 * or of a type may be put together as text: what is no call to look at is looked at here, token by token, because the parse
 * tree leaves out what windows are ordered by.
 */
export function refuseNames(tokens: readonly Token[], engineFunctions: ReadonlySet<string>): string | undefined {
  for (const [at, token] of tokens.entries()) {
    const name = nameOf(token)
    if (name === undefined || tokens[at - 1]?.text === '.') continue
    const called = tokens[at + 1]?.text === '('
    const refusal = called ? refuseTexts(name, tokens, at + 2) : refuseBare(name, tokens[at + 1]?.text, engineFunctions)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** True of what a higher-order function would call, were it given this name, though nobody may. */
export function isFunctionInDisguise(name: string, engineFunctions: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase()
  if (aggregateByText.has(lower) || typeByText.has(lower)) return true
  return engineFunctions.has(lower) && !columnsToo.has(lower) && !isAllowedFunction(lower)
}

export const disguised = (name: string): string =>
  `${name} is the name of a function that is not allowed: a column of that name is written with its table (t.${name}), and an alias must be another`

function refuseBare(name: string, next: string | undefined, engineFunctions: ReadonlySet<string>): string | undefined {
  return next !== '.' && isFunctionInDisguise(name, engineFunctions) ? disguised(name) : undefined
}

function refuseTexts(name: string, tokens: readonly Token[], from: number): string | undefined {
  const lower = name.toLowerCase()
  const place = typeByText.get(lower)
  if (place === undefined && !aggregateByText.has(lower)) return undefined
  const given = argumentsFrom(tokens, from)
  if (place === undefined) return refuseAggregateText(name, given[0] ?? [])
  // With one argument it is CAST(x AS Type), whose words have been looked at as calls.
  return given.length < 2 ? undefined : refuseTypeText(name, (place === 'second' ? given[1] : given.at(-1)) ?? [])
}

function refuseAggregateText(name: string, given: readonly Token[]): string | undefined {
  const aggregate = given.length === 1 ? /^'([A-Za-z_]\w*)(\([\w., ]*\))?'$/.exec(given[0]?.text ?? '')?.[1] : undefined
  return aggregate !== undefined && isAllowedFunction(aggregate)
    ? undefined
    : `${name} takes the name of an allowed aggregate function as a plain text, like 'sum' or 'quantile(0.5)'`
}

function refuseTypeText(name: string, given: readonly Token[]): string | undefined {
  const [type] = given
  const plain = given.length === 1 && type?.kind === 'string' && !type.text.includes('\\')
  return plain && !/aggregatefunction/i.test(type.text)
    ? undefined
    : `${name} takes a type as a plain text, like 'UInt64', and none of states of aggregate functions`
}

/** What stands between the commas, up to the bracket that ends the call. */
function argumentsFrom(tokens: readonly Token[], from: number): readonly (readonly Token[])[] {
  const given: Token[][] = [[]]
  let depth = 0
  for (const token of tokens.slice(from)) {
    if (token.kind === 'sign' && (token.text === '(' || token.text === '[')) depth++
    if (token.kind === 'sign' && (token.text === ')' || token.text === ']') && --depth < 0) break
    if (token.text === ',' && depth === 0) given.push([])
    else given.at(-1)?.push(token)
  }
  return given
}

function nameOf({ kind, text }: Token): string | undefined {
  if (kind === 'word') return text
  return kind === 'quoted' ? text.slice(1, -1) : undefined
}
