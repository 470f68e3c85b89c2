import { beforeBrackets, isAllowedFunction, notAllowed } from './sql-functions.ts'
import { refuseNames } from './sql-guard-names.ts'
import { type Token, textOf, tokenize } from './sql-guard-tokens.ts'
import { refuseTree } from './sql-guard-tree.ts'

/** The statement to run, put together anew from its tokens; or why not, for people. */
export type GuardedSql =
  | { readonly type: 'allowed'; readonly sql: string }
  | { readonly type: 'refused'; readonly detail: string }

/** Asks the engine itself for its parse tree of one SELECT, without running it. Rejects with the engine's syntax error. */
export type ExplainAst = (select: string) => Promise<readonly string[]>

/** What the console asks of the engine before it runs anything. */
export interface EngineKnowledge {
  readonly explain: ExplainAst
  /** Names of all its functions in lower case, allowed or not. */
  readonly functions: () => Promise<ReadonlySet<string>>
}

/** Words that end a SELECT and begin something with effects. As a column's name each can be written in backticks. */
const refusedWords = new Set([
  'into',
  'outfile',
  'stdout',
  'settings',
  'parallel',
  'insert',
  'describe',
  'explain',
  'apply',
])
/** Words that are functions or ordinary columns too, and only refused where no bracket follows. */
const refusedUnlessCalled = new Set(['format'])

/**
 * Lets through one SELECT that reads our tables, and nothing else. Three fences, each enough for the attacks we know:
 * tokens read strictly (what is odd is refused) and put together anew without comments; the engine's own parse tree
 * with every node, table and function on an allow-list; and a connection that is read-only (see sql-guard-console.ts).
 */
export async function guardSql(text: string, engine: EngineKnowledge): Promise<GuardedSql> {
  const read = tokenize(text)
  if ('refused' in read) return refused(read.refused)
  const tokens = read.tokens.at(-1)?.text === ';' ? read.tokens.slice(0, -1) : read.tokens
  const functions = await engine.functions()
  const detail = refuseTokens(tokens) ?? refuseNames(tokens, functions)
  if (detail !== undefined) return refused(detail)
  return checkTree(textOf(tokens), engine.explain, functions)
}

async function checkTree(sql: string, explain: ExplainAst, functions: ReadonlySet<string>): Promise<GuardedSql> {
  try {
    const detail = refuseTree(await explain(sql), functions)
    return detail === undefined ? { type: 'allowed', sql } : refused(detail)
  } catch (error) {
    return refused(`this is no SELECT that the warehouse understands: ${(error as Error).message.split('\n')[0]}`)
  }
}

const refused = (detail: string): GuardedSql => ({ type: 'refused', detail })

function refuseTokens(tokens: readonly Token[]): string | undefined {
  const first = tokens.find(({ text }) => text !== '(')?.text.toLowerCase()
  if (first !== 'select' && first !== 'with') return 'only one SELECT (or WITH ... SELECT) is allowed'
  if (!isBalanced(tokens)) return 'brackets do not match'
  for (const [at, { kind, text }] of tokens.entries()) {
    if (text === ';') return 'only one statement is allowed'
    const called = tokens[at + 1]?.text === '('
    const word = text.toLowerCase()
    const named = tokens[at - 1]?.text === '.'
    if (kind === 'word' && !named && (refusedWords.has(word) || (refusedUnlessCalled.has(word) && !called))) {
      return `${text.toUpperCase()} is not allowed; a column of that name is written \`${word}\``
    }
    // The parse tree does not show what a window is ordered by, nor may it show all there is tomorrow.
    if (called && !mayBeCalled({ kind, text })) return notAllowed(text)
  }
  return undefined
}

function mayBeCalled({ kind, text }: Pick<Token, 'kind' | 'text'>): boolean {
  if (kind === 'quoted') return isAllowedFunction(text.slice(1, -1))
  return kind !== 'word' || beforeBrackets.has(text.toLowerCase()) || isAllowedFunction(text)
}

/** The parse tree is asked for inside brackets: a stray closing one must not end them. */
function isBalanced(tokens: readonly Token[]): boolean {
  const open: string[] = []
  for (const { kind, text } of tokens) {
    if (kind !== 'sign') continue
    if (text === '(' || text === '[') open.push(text)
    else if ((text === ')' && open.pop() !== '(') || (text === ']' && open.pop() !== '[')) return false
  }
  return open.length === 0
}
