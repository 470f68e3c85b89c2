import { text } from './literal.ts'

/**
 * A migration as a cluster is told it: every table and view made, changed or dropped ON CLUSTER, every MergeTree engine in
 * its Replicated form with the arguments it had. Where a replica's data is in Keeper is left to the server's own
 * `default_replica_path` and the macros {shard} and {replica}. Changes nothing else; told twice, it is the same.
 * Throws on a statement whose form on a cluster nobody has thought of.
 */
export function clusterForm(sql: string, cluster: string): string {
  const pieces = piecesOf(sql)
  let formed = ''
  let statement: string[] = []
  const flush = (): void => {
    formed += formOf(statement, cluster)
    statement = []
  }
  for (const piece of pieces) {
    statement.push(piece)
    if (piece === ';') flush()
  }
  flush()
  return formed
}

/** Comments, texts, quoted names, words, and everything else a character at a time. */
const piecesOf = (sql: string): readonly string[] =>
  sql.match(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|\w+|\s+|[\s\S]/g) ?? []

const isBlank = (piece: string): boolean => /^\s|^--|^\/\*/.test(piece)

function formOf(pieces: readonly string[], cluster: string): string {
  const words = pieces.flatMap((piece, at) => (isBlank(piece) ? [] : [{ piece, at }]))
  if (words.length === 0 || words[0]?.piece === ';') return pieces.join('')
  const wordAt = (index: number): string => (words[index]?.piece ?? '').toUpperCase()
  const name = nameAfter(wordAt)
  if (name === undefined)
    throw new Error(`no form for a cluster is known of a statement that begins with ${wordAt(0)} ${wordAt(1)}`)
  // The name itself, and where there is a dot, the one behind it.
  const last = wordAt(name + 1) === '.' ? name + 2 : name
  const formed = [...pieces]
  const isTold = wordAt(last + 1) === 'ON' && wordAt(last + 2) === 'CLUSTER'
  const end = words[last]?.at ?? 0
  if (!isTold) formed[end] = `${formed[end]} ON CLUSTER ${text(cluster)}`
  words.forEach(({ piece, at }, index) => {
    if (wordAt(index - 1) !== '=' || wordAt(index - 2) !== 'ENGINE') return
    if (/^\w*MergeTree$/.test(piece) && !piece.startsWith('Replicated')) formed[at] = `Replicated${piece}`
  })
  return formed.join('')
}

/** Where a statement names its table or view; undefined when it is of no known kind. */
function nameAfter(wordAt: (index: number) => string): number | undefined {
  let at = 0
  const skip = (...expected: readonly string[]): boolean => {
    const found = expected.every((word, index) => wordAt(at + index) === word)
    if (found) at += expected.length
    return found
  }
  if (skip('CREATE')) {
    skip('OR', 'REPLACE')
    if (!skip('TABLE') && !skip('VIEW')) return undefined
    skip('IF', 'NOT', 'EXISTS')
    return at
  }
  if (skip('ALTER', 'TABLE')) return at
  if (skip('DROP', 'TABLE') || skip('DROP', 'VIEW')) {
    skip('IF', 'EXISTS')
    return at
  }
  return undefined
}
