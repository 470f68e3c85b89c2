/** Rows to draw: from `first` up to, not including, `last`. */
export interface RowWindow {
  readonly first: number
  readonly last: number
}

interface Sight {
  /** How far the top of the list is above the top of what can be seen; negative while it is below. */
  readonly scrolledPx: number
  readonly viewportPx: number
  readonly rowPx: number
  readonly rows: number
}

/** Rows above and below what can be seen, so that fast scrolling finds them drawn. */
const spareRows = 12

/** Starts of windows are multiples of this: a few pixels of scrolling draw nothing. */
const stepRows = 4

export function rowWindow({ scrolledPx, viewportPx, rowPx, rows }: Sight): RowWindow {
  const first = Math.floor(scrolledPx / rowPx) - spareRows
  const last = Math.ceil((scrolledPx + viewportPx) / rowPx) + spareRows
  const clamp = (row: number): number => Math.min(rows, Math.max(0, row))
  return {
    first: clamp(Math.floor(first / stepRows) * stepRows),
    last: clamp(Math.ceil(last / stepRows) * stepRows),
  }
}

/** Whether the first row can be seen, or nearly: what is new may then appear above it without moving what is read. */
export const atTop = ({ scrolledPx, rowPx }: Pick<Sight, 'scrolledPx' | 'rowPx'>): boolean => scrolledPx < rowPx / 2

/** How far to scroll so that a row can be seen whole: 0 when it can already. Sticky heads cover `coveredPx` at the top. */
export function scrollToRow(row: number, { scrolledPx, viewportPx, rowPx }: Sight, coveredPx: number): number {
  const top = row * rowPx - scrolledPx
  if (top < coveredPx) return top - coveredPx
  const under = top + rowPx - viewportPx
  return Math.max(under, 0)
}
