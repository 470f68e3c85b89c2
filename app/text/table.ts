import type { Colours } from './colours.ts'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string | number | undefined
  /** Numbers stand right. */
  readonly right?: boolean
  /** Longest text shown; what is longer is cut with an ellipsis. */
  readonly max?: number
  readonly paint?: (text: string, colours: Colours) => string
}

/** A table in plain text: two spaces between columns, a dash where nothing is known. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], colours: Colours): string {
  const cells = rows.map((row) => columns.map((column) => shown(column.cell(row), column.max ?? 60)))
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((line) => line[at]?.length ?? 0)))
  const pad = (text: string, at: number): string =>
    columns[at]?.right === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)
  const head = colours.dim(
    columns
      .map(({ title }, at) => pad(title, at))
      .join('  ')
      .trimEnd(),
  )
  const body = cells.map((line) =>
    line
      .map((text, at) => columns[at]?.paint?.(pad(text, at), colours) ?? pad(text, at))
      .join('  ')
      .trimEnd(),
  )
  return [head, ...body].join('\n')
}

function shown(value: string | number | undefined, max: number): string {
  // Names and messages come from outside: nothing in them may steer a terminal.
  const text = printable(String(value ?? '-'))
  return text.length > max ? `${text.slice(0, max - 1)}…` : text
}

/** Control characters could move the cursor or forge lines; marks of writing direction could turn them around. */
const steering = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** Without characters that steer a terminal. */
export const printable = (text: string): string => text.replace(steering, '·')
