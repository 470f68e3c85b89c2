export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'sign'

export interface Token {
  readonly kind: TokenKind
  /** As written, quotes included; quoted names and strings hold no control characters and, names, no escapes. */
  readonly text: string
  /** White space or a comment stood before it. */
  readonly spaced: boolean
}

/** A sentence for people, or the tokens. */
export type Tokenized = { readonly tokens: readonly Token[] } | { readonly refused: string }

// Only what ClickHouse's lexer reads the same way beyond doubt. Anything else is refused, not guessed at.
const space = /[ \t\r\n]+|--[^\n]*|\/\*[\s\S]*?\*\//y
const shapes: readonly (readonly [TokenKind, RegExp])[] = [
  ['number', /0[xX][0-9A-Fa-f]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y],
  ['word', /[A-Za-z_][A-Za-z0-9_]*/y],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  ['string', /'(?:[^'\\\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\\[^\u0000-\u001f]|'')*'/y],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  ['quoted', /`[^`\\\u0000-\u001f\u007f]+`|"[^"\\\u0000-\u001f\u007f]+"/y],
  ['sign', /->|::|\|\||<=>|<=|>=|<>|!=|==|[(),.;+\-*/%<>=[\]:?]/y],
]

/** Cuts SQL into tokens. Comments are left out: what is run is put together from the tokens, never the text. */
export function tokenize(sql: string): Tokenized {
  const tokens: Token[] = []
  let end = 0
  let at = skipSpace(sql, 0)
  while (at < sql.length) {
    const found = tokenAt(sql, at)
    if (found === undefined) return { refused: refusalAt(sql, at) }
    tokens.push({ ...found, spaced: at > end })
    end = at + found.text.length
    // "1e5x" or "0x1g": what our lexer would part, another might join.
    if (found.kind === 'number' && /[A-Za-z0-9_.]/.test(sql[end] ?? '')) return { refused: refusalAt(sql, end) }
    at = skipSpace(sql, end)
  }
  return { tokens }
}

/** The same SQL without its comments. */
export const textOf = (tokens: readonly Token[]): string =>
  tokens
    .map(({ text, spaced }) => (spaced ? ` ${text}` : text))
    .join('')
    .trim()

function skipSpace(sql: string, from: number): number {
  let at = from
  for (;;) {
    space.lastIndex = at
    const found = space.exec(sql)
    if (found === null) return at
    at += found[0].length
  }
}

function tokenAt(sql: string, at: number): Omit<Token, 'spaced'> | undefined {
  for (const [kind, shape] of shapes) {
    shape.lastIndex = at
    const text = shape.exec(sql)?.[0]
    if (text !== undefined) return { kind, text }
  }
  return undefined
}

function refusalAt(sql: string, at: number): string {
  const sign = sql[at] ?? ''
  const where = `at position ${at + 1}`
  if (sign === "'" || sign === '`' || sign === '"')
    return `${where}: a quoted text does not end, or holds control characters or (in a name) a backslash`
  if (sql.startsWith('/*', at)) return `${where}: a comment does not end`
  if (sign === '{' || sign === '}')
    return `${where}: braces are not allowed: write map(...) for a map, and values in place of parameters`
  return `${where}: a character that is not allowed outside quotes`
}
