import type { Cell } from '#contracts/warehouse.ts'

const special = /[\\\t\n\r\0']/
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  "'": "\\'",
}

const escapeText = (text: string): string =>
  special.test(text) ? text.replace(/[\\\t\n\r\0']/g, (character) => escapes[character] ?? character) : text

const quoted = (cell: Cell): string => {
  if (typeof cell === 'string') return `'${escapeText(cell)}'`
  if (typeof cell === 'number' || cell === null) return cell === null ? 'NULL' : String(cell)
  return field(cell)
}

/** One value in ClickHouse's TabSeparated format. */
function field(cell: Cell): string {
  if (cell === null) return '\\N'
  if (typeof cell === 'number') return String(cell)
  if (typeof cell === 'string') return escapeText(cell)
  if (Array.isArray(cell)) return `[${cell.map(quoted).join(',')}]`
  const entries = Object.entries(cell as Readonly<Record<string, string>>)
  return `{${entries.map(([key, value]) => `'${escapeText(key)}':'${escapeText(value)}'`).join(',')}}`
}

/** One row, with its line end. Text formats are all that the embedded engine's raw insert takes; this one costs least. */
export function tsvRow(cells: readonly Cell[]): string {
  let line = ''
  for (let i = 0; i < cells.length; i++) {
    if (i > 0) line += '\t'
    line += field(cells[i] as Cell)
  }
  return `${line}\n`
}
