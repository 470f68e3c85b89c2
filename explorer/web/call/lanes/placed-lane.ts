import type { LaneDrawing, LaneMaker } from './lane.ts'

/** A lane's place in the page. */
export interface LanePlace {
  readonly id: string
  readonly row: HTMLElement
  readonly plot: HTMLElement
  /** Where the lane says what it is at the cursor. */
  readonly readout: HTMLElement | null
  readonly make: LaneMaker
}

/** A lane of the stack, and how far it is drawn. */
export interface PlacedLane extends LanePlace {
  drawing: LaneDrawing | undefined
  inSight: boolean
  /** In sight, or about to be scrolled into it. */
  isNear: boolean
  stale: boolean
}

/** Where the plots lie within the stack: all begin and end at the same places. */
export interface PlotBox {
  readonly leftPx: number
  readonly widthPx: number
}
