/** A column as the migrations declare it. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly comment: string
}

export interface Table {
  readonly name: string
  /** The comment that stands directly above it. */
  readonly comment: string
  readonly columns: readonly Column[]
  /** Keys, indexes, and whatever follows the columns: engine, partitioning, order, TTL. One clause each. */
  readonly clauses: readonly string[]
}

export interface View {
  readonly name: string
  readonly select: string
}

/**
 * Tables and views that a list of migrations leaves behind. It reads the SQL that we write, not SQL at large: CREATE
 * TABLE, CREATE (OR REPLACE) VIEW, ALTER TABLE ... ADD COLUMN, MODIFY ORDER BY or MODIFY TTL. Anything else that makes or alters a table is refused, so that the
 * document can never be silently short.
 */
export function tablesOf(migrations: readonly string[]): {
  readonly tables: readonly Table[]
  readonly views: readonly View[]
} {
  const tables = new Map<string, Table>()
  const views = new Map<string, View>()
  for (const { sql, comment } of migrations.flatMap(statementsOf)) {
    const [, made, name = ''] = /^CREATE (?:OR REPLACE )?(TABLE|VIEW)(?: IF NOT EXISTS)? ([\w.]+)/.exec(sql) ?? []
    if (made === 'TABLE') tables.set(name, tableOf(name, sql, comment))
    else if (made === 'VIEW') views.set(name, { name, select: sql.slice(sql.indexOf(' AS') + ' AS'.length).trim() })
    else alter(tables, sql)
  }
  return { tables: [...tables.values()], views: [...views.values()] }
}

function alter(tables: Map<string, Table>, sql: string): void {
  const [, name = '', change = ''] = /^ALTER TABLE ([\w.]+)\s+([\s\S]+)/.exec(sql) ?? []
  const table = tables.get(name)
  if (table === undefined || /^(ENABLE|FORCE) ROW LEVEL SECURITY/.test(change)) return
  const ttl = /^MODIFY (TTL [\s\S]+)/.exec(change)?.[1]
  if (ttl !== undefined) {
    const clauses = table.clauses.map((clause) => (clause.startsWith('TTL ') ? ttl : clause))
    tables.set(name, { ...table, clauses })
    return
  }
  // Indexes that skip are no part of what a table holds, like those of CREATE TABLE.
  if (/^(ADD|MATERIALIZE|DROP) INDEX /.test(change)) return
  const parts = splitTop(change)
  const key = parts.flatMap((part) => /^MODIFY (ORDER BY [\s\S]+)/.exec(part)?.[1] ?? []).at(-1)
  const clauses = table.clauses.map((clause) => (key !== undefined && clause.startsWith('ORDER BY ') ? key : clause))
  const rest = parts.filter((part) => !part.startsWith('MODIFY ORDER BY '))
  const added = rest.map((part) => /^ADD COLUMN (?:IF NOT EXISTS )?([\s\S]+)/.exec(part)?.[1])
  if (!added.every((column) => column !== undefined)) throw new Error(`cannot describe: ${sql.slice(0, 200)}`)
  tables.set(name, { ...table, clauses, columns: added.reduce(withColumn, table.columns) })
}

/** Columns with one more, where `AFTER` says or at the end. */
function withColumn(columns: readonly Column[], added: string): readonly Column[] {
  const column = columnOf(added.replace(/\s+AFTER \w+$/, ''))
  const before = columns.findIndex(({ name }) => name === /\sAFTER (\w+)$/.exec(added)?.[1])
  return before < 0 ? [...columns, column] : columns.toSpliced(before + 1, 0, column)
}

/** Statements with the comment lines that stand directly above each. */
function statementsOf(sql: string): readonly { readonly sql: string; readonly comment: string }[] {
  return splitTop(sql, ';').flatMap((part) => {
    const lines = part.split('\n').map((line) => line.trimEnd())
    const first = lines.findIndex((line) => line !== '' && !line.startsWith('--'))
    if (first < 0) return []
    const above = lines.slice(lines.slice(0, first).lastIndexOf('') + 1, first)
    return [{ sql: lines.slice(first).join('\n').trim(), comment: proseOf(above) }]
  })
}

const proseOf = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trim().replace(/^-- ?/, ''))
    .join(' ')
    .trim()

function tableOf(name: string, sql: string, comment: string): Table {
  const open = sql.indexOf('(')
  const close = closing(sql, open)
  const rest = sql.slice(close + 1)
  const clauses = rest.split('\n').map((line) => line.trim())
  return {
    name,
    comment,
    columns: splitTop(sql.slice(open + 1, close))
      .filter(isColumn)
      .map(columnOf),
    clauses: clauses.filter((line) => line !== ''),
  }
}

const isColumn = (text: string): boolean =>
  !/^(INDEX|PRIMARY KEY|FOREIGN KEY|CONSTRAINT|UNIQUE|CHECK|PROJECTION)\b/.test(withoutComments(text))
const withoutComments = (text: string): string => text.replace(/^\s*--.*$/gm, '').trim()

function columnOf(text: string): Column {
  const above = proseOf(text.split('\n').filter((line) => line.trim().startsWith('--')))
  const [, name = '', rest = ''] = /^([\w.]+)\s+([\s\S]+)$/.exec(withoutComments(text)) ?? []
  const comment = /\bCOMMENT '((?:[^']|'')*)'/.exec(rest)?.[1]?.replaceAll("''", "'")
  const type = rest.replace(/\s*\bCOMMENT '(?:[^']|'')*'/, '').replace(/\s*\bCODEC\(.*\)$/, '')
  return { name, type: type.replace(/\s+/g, ' ').trim(), comment: comment ?? above }
}

/** Index of the parenthesis that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0
  for (const { at, char } of bareCharacters(text)) {
    if (at < open) continue
    if (char === '(') depth++
    if (char === ')' && --depth === 0) return at
  }
  throw new Error(`a parenthesis is not closed: ${text.slice(0, 80)}`)
}

/** Splits at a separator that stands within no parenthesis, string or comment. */
function splitTop(text: string, separator = ','): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (const { at, char } of bareCharacters(text)) {
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === separator && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
    .filter((part) => part.trim() !== '')
    .map((part) => (separator === ',' ? part.trim() : part))
}

/** Characters outside of strings, dollar-quoted bodies and comments. */
function* bareCharacters(text: string): Generator<{ readonly at: number; readonly char: string }> {
  const quoted = /'(?:[^']|'')*'|\$\$[\s\S]*?\$\$|--[^\n]*/y
  for (let at = 0; at < text.length; at++) {
    quoted.lastIndex = at
    const skipped = quoted.exec(text)
    if (skipped === null) yield { at, char: text[at] ?? '' }
    else at += skipped[0].length - 1
  }
}
