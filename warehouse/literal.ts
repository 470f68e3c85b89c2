/** Text as a SQL string literal. Backslash and quote are the only characters ClickHouse gives a meaning inside one. */
export const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`

/**
 * Tuples for `(a, b) IN (...)`. Lists of dirty calls are too long for query parameters to be read quickly, so they travel
 * as literals; every string goes through `text`.
 */
export function tuples(rows: readonly (readonly (string | number)[])[]): string {
  const tuple = (row: readonly (string | number)[]) =>
    `(${row.map((cell) => (typeof cell === 'number' ? String(Math.trunc(cell)) : text(cell))).join(',')})`
  // A tuple that names nothing keeps the list valid when it would be empty or of one column.
  return `(${rows.map(tuple).join(',')})`
}
