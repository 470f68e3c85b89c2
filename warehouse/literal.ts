/** Text as a SQL string literal. Backslash and quote are the only characters ClickHouse gives a meaning inside one. */
export const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`

/** A name that is a reserved word, or no plain word at all, as SQL takes it. */
export const identifier = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\\0' }

const cell = (value: string | number): string =>
  typeof value === 'number'
    ? String(Math.trunc(value))
    : value.replace(/[\\\t\n\r\0]/g, (found) => escapes[found] ?? found)

/** Column types of a list of keys: times are epoch seconds (DateTime) and milliseconds (DateTime64). */
export type KeyType = 'String' | 'Int64' | 'DateTime' | "DateTime64(3, 'UTC')"

/** Times travel as numbers: as text ClickHouse reads few digits as a year, and refuses 0. */
const readAs: Readonly<Partial<Record<KeyType, (column: string) => string>>> = {
  DateTime: (column) => `toDateTime(${column})`,
  "DateTime64(3, 'UTC')": (column) => `fromUnixTimestamp64Milli(${column}, 'UTC')`,
}

/**
 * The right side of `(a, b) IN ...`: rows of keys as one string that ClickHouse reads as a table. Ten thousand tuples
 * written out would be analysed as ten thousand expressions, which cost more than the query (4 times, measured); as query
 * parameters they are slower still.
 */
export function keyList(types: readonly KeyType[], rows: readonly (readonly (string | number)[])[]): string {
  const structure = types.map((type, at) => `k${at} ${readAs[type] === undefined ? type : 'Int64'}`).join(', ')
  const timed = types.some((type) => readAs[type] !== undefined)
  const columns = timed ? types.map((type, at) => readAs[type]?.(`k${at}`) ?? `k${at}`).join(', ') : '*'
  const lines = rows.map((row) => `${row.map(cell).join('\t')}\n`).join('')
  return `(SELECT ${columns} FROM format(TabSeparated, ${text(structure)}, ${text(lines)}))`
}

/** Keys of text alone. */
export const textKeys = (rows: readonly (readonly string[])[]): string =>
  keyList(rows[0]?.map(() => 'String') ?? ['String', 'String'], rows)
