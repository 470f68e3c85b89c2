import type { Range } from '../axis/range.ts'
import type { Palette } from './palette.ts'

/** What a lane is asked to paint. Pixels are CSS pixels of the lane's own plot, left to right. */
export interface Sight {
  readonly range: Range
  readonly widthPx: number
  readonly palette: Palette
  /** Round times, for faint lines that run through all lanes. */
  readonly ticksMs: readonly number[]
}

/** A lane while it is in sight. */
export interface LaneDrawing {
  /** Paints what is seen of the range. At most once a frame, and only while the lane is in sight. */
  paint(sight: Sight): void
  /** What the lane says of one instant; things shorter than `withinMs` are found beside it. Empty: nothing there. */
  readAt(atMs: number, withinMs: number): string
  /** The nearest instant before or after at which something begins: where an arrow key leads. */
  next(atMs: number, step: 1 | -1): number | undefined
  destroy(): void
}

/** Builds the drawing into its plot, when it first comes into sight. */
export type LaneMaker = (plot: HTMLElement) => LaneDrawing

/** Room left of every plot for what is written on its vertical axis: all lanes begin at the same place. */
export const gutterPx = 46
