/** A piece of time on the axis that every lane shares, epoch milliseconds. */
export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

/** Under half a second nothing of a call can be told apart: samples last a second or more. */
export const leastRangeMs = 500

export const lengthOf = ({ fromMs, toMs }: Range): number => toMs - fromMs
export const pxOf = (range: Range, atMs: number, widthPx: number): number =>
  ((atMs - range.fromMs) / lengthOf(range)) * widthPx
export const msOf = (range: Range, px: number, widthPx: number): number =>
  range.fromMs + (px / widthPx) * lengthOf(range)

/** The range moved and shortened until it lies within the bounds; never shorter than can be looked at. */
export function clamped({ fromMs, toMs }: Range, bounds: Range): Range {
  const length = Math.min(Math.max(toMs - fromMs, leastRangeMs), lengthOf(bounds))
  const middle = (fromMs + toMs) / 2
  const from = Math.min(Math.max(middle - length / 2, bounds.fromMs), bounds.toMs - length)
  return { fromMs: from, toMs: from + length }
}

/** Longer or shorter by `factor`; the instant `aroundMs` stays where it is on the screen. */
export function zoomed(range: Range, factor: number, aroundMs: number, bounds: Range): Range {
  const length = Math.min(Math.max(lengthOf(range) * factor, leastRangeMs), lengthOf(bounds))
  const share = (aroundMs - range.fromMs) / lengthOf(range)
  const fromMs = aroundMs - share * length
  return clamped({ fromMs, toMs: fromMs + length }, bounds)
}

export function panned({ fromMs, toMs }: Range, byMs: number, bounds: Range): Range {
  return clamped({ fromMs: fromMs + byMs, toMs: toMs + byMs }, bounds)
}

/** A moment with something around it, so that one sees how it came about and ended. */
export function around({ fromMs, toMs }: Range, bounds: Range): Range {
  const marginMs = Math.max(5_000, (toMs - fromMs) * 0.3)
  return clamped({ fromMs: fromMs - marginMs, toMs: toMs + marginMs }, bounds)
}

export const isSame = (a: Range, b: Range): boolean =>
  Math.abs(a.fromMs - b.fromMs) < 0.5 && Math.abs(a.toMs - b.toMs) < 0.5
