import { colours } from '#explorer/web/theme.ts'
import type { Axis, AxisChange } from '../axis/axis.ts'
import { ticksOf } from '../axis/ticks.ts'
import { type CursorMark, placeCursor, readLanes, stepCursor } from './cursor.ts'
import { createFrames } from './frames.ts'
import { gutterPx, type Sight } from './lane.ts'
import { type Palette, readPalette } from './palette.ts'
import type { LanePlace, PlacedLane, PlotBox } from './placed-lane.ts'
import { watchSights } from './sights.ts'

export interface StackParts {
  readonly root: HTMLElement
  readonly cursor: CursorMark
  readonly axis: Axis
}

/** All lanes of the page on one axis. */
export interface Stack {
  add(place: LanePlace): () => void
  /** Of the plots: all begin and end at the same places. */
  plotBox(): PlotBox
  /** Arrow keys of a lane. */
  step(lane: string, step: 1 | -1): void
  close(): void
}

export function createStack(parts: StackParts): Stack {
  const { axis } = parts
  const lanes = new Map<Element, PlacedLane>()
  const sheet = createSheet(parts, lanes)
  const frames = createFrames(sheet.draw)
  const sights = watchSights(lanes, frames.ask)
  // Of another size, in other colours, or over another range everything is painted anew.
  const watches = [
    watchSize(parts.root, () => {
      sheet.measure()
      spoil()
    }),
    colours.watch(() => {
      sheet.recolour()
      spoil()
    }),
    axis.watch(follow),
  ]

  function spoil(): void {
    for (const lane of lanes.values()) lane.stale = true
    frames.ask()
  }

  function follow(change: AxisChange): void {
    if (change === 'range') {
      frames.move()
      spoil()
    }
    if (change === 'lit') for (const lane of lanes.values()) light(lane, axis)
    frames.ask()
  }

  return {
    add(place) {
      const lane: PlacedLane = { ...place, drawing: undefined, inSight: false, isNear: false, stale: true }
      lanes.set(place.row, lane)
      light(lane, axis)
      sights.observe(place.row)
      frames.ask()
      return () => {
        sights.unobserve(place.row)
        lanes.delete(place.row)
        lane.drawing?.destroy()
      }
    },
    plotBox: sheet.box,
    step(id, step) {
      const lane = [...lanes.values()].find((one) => one.id === id)
      stepCursor(axis, lane, step)
    },
    close() {
      frames.stop()
      sights.disconnect()
      for (const leave of watches) leave()
      for (const { drawing } of lanes.values()) drawing?.destroy()
      lanes.clear()
    },
  }
}

/** What the lanes are drawn on: where it lies, and in which colours. */
function createSheet({ root, cursor, axis }: StackParts, lanes: ReadonlyMap<Element, PlacedLane>) {
  let box: PlotBox = { leftPx: 0, widthPx: 0 }
  let palette = readPalette()

  function measure(): void {
    box = measureBox(root, lanes.values()) ?? box
  }

  return {
    box: () => box,
    measure,
    recolour(): void {
      palette = readPalette()
    },
    draw(isMoving: boolean): void {
      if (box.widthPx === 0) measure()
      if (box.widthPx === 0) return
      const sight = sightOf(axis, box, palette)
      for (const lane of lanes.values()) if (lane.inSight || (lane.isNear && !isMoving)) paint(lane, sight)
      placeCursor(cursor, axis, box)
      readLanes(lanes.values(), axis, box)
    },
  }
}

function watchSize(root: HTMLElement, resized: () => void): () => void {
  const sizes = new ResizeObserver(resized)
  sizes.observe(root)
  return () => sizes.disconnect()
}

/** Undefined: no lane is laid out yet. */
function measureBox(root: HTMLElement, lanes: Iterable<PlacedLane>): PlotBox | undefined {
  const plot = [...lanes].find(({ plot }) => plot.clientWidth > 0)?.plot
  if (plot === undefined) return undefined
  const leftPx = plot.getBoundingClientRect().left - root.getBoundingClientRect().left + gutterPx
  return { leftPx, widthPx: Math.max(60, Math.floor(plot.clientWidth - gutterPx)) }
}

function sightOf({ range }: Axis, { widthPx }: PlotBox, palette: Palette): Sight {
  const zoneMs = -new Date(range.fromMs).getTimezoneOffset() * 60_000
  return { range, widthPx, palette, ticksMs: ticksOf(range, widthPx, zoneMs).atMs }
}

function paint(lane: PlacedLane, sight: Sight): void {
  if (!lane.stale) return
  lane.drawing ??= lane.make(lane.plot)
  lane.drawing.paint(sight)
  lane.stale = false
}

function light({ row, id }: PlacedLane, axis: Axis): void {
  row.classList.toggle('lit', id === axis.litLane)
}
