import { lengthOf, type Range } from '../axis/range.ts'
import { type Columns, firstEndingAfter } from './columns.ts'

/** A line to draw: null lifts the pen. */
export interface Points {
  readonly atMs: number[]
  readonly value: (number | null)[]
}

/** Intervals further apart than this are drawn apart: something was not measured between them. */
export const seamMs = 250

/**
 * What is seen of one measure in a range, at most a few points for each pixel: single intervals as steps, since a
 * sample says one thing of all its time; where several share a pixel, the least and the greatest of them, so that no
 * spike is lost by zooming out. Unknown is a lifted pen.
 */
export function pointsOf(columns: Columns, values: Float64Array, range: Range, widthPx: number): Points {
  const first = Math.max(0, firstEndingAfter(columns.endMs, range.fromMs) - 1)
  const last = Math.min(values.length - 1, firstEndingAfter(columns.endMs, range.toMs))
  const isDense = last - first + 1 > widthPx
  return isDense ? extremes(columns, values, range, { first, last, widthPx }) : steps(columns, values, { first, last })
}

interface Piece {
  readonly first: number
  readonly last: number
}

function steps({ startMs, endMs }: Columns, values: Float64Array, { first, last }: Piece): Points {
  const points: Points = { atMs: [], value: [] }
  let penMs = Number.NaN
  for (let index = first; index <= last; index++) {
    const [start = 0, end = 0, value = Number.NaN] = [startMs[index], endMs[index], values[index]]
    const from = start - penMs <= seamMs ? Math.max(start, penMs) : start
    if (Number.isNaN(value)) {
      lift(points, start)
      penMs = Number.NaN
      continue
    }
    if (start - penMs > seamMs) lift(points, penMs)
    points.atMs.push(from, Math.max(from, end))
    points.value.push(value, value)
    penMs = end
  }
  return points
}

function extremes(
  { startMs, endMs }: Columns,
  values: Float64Array,
  range: Range,
  { first, last, widthPx }: Piece & { readonly widthPx: number },
): Points {
  const points: Points = { atMs: [], value: [] }
  const pixelMs = lengthOf(range) / widthPx
  let index = first
  let lastEndMs = startMs[first] ?? 0
  while (index <= last) {
    const pixel = Math.floor(((endMs[index] ?? 0) - range.fromMs) / pixelMs)
    let [low, high, isLowFirst] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true]
    let hole = (startMs[index] ?? 0) - lastEndMs > Math.max(seamMs, 1.5 * pixelMs)
    while (index <= last && Math.floor(((endMs[index] ?? 0) - range.fromMs) / pixelMs) === pixel) {
      const value = values[index] ?? Number.NaN
      if (value < low) [low, isLowFirst] = [value, false]
      if (value > high) [high, isLowFirst] = [value, true]
      lastEndMs = endMs[index] ?? lastEndMs
      index++
    }
    const atMs = range.fromMs + (pixel + 0.5) * pixelMs
    if (low > high) hole = true
    if (hole) lift(points, atMs)
    if (low > high) continue
    points.atMs.push(atMs, atMs)
    points.value.push(...(isLowFirst ? [low, high] : [high, low]))
  }
  return points
}

function lift({ atMs, value }: Points, at: number): void {
  if (value.length === 0 || value.at(-1) === null) return
  atMs.push(Math.max(at, atMs.at(-1) ?? at))
  value.push(null)
}
