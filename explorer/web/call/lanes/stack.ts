import { utc } from '#explorer/web/format.ts'
import { colours } from '#explorer/web/theme.ts'
import type { Axis } from '../axis/axis.ts'
import { lengthOf, pxOf } from '../axis/range.ts'
import { ticksOf } from '../axis/ticks.ts'
import { preciseClock } from '../story/clock.ts'
import { gutterPx, type LaneDrawing, type LaneMaker, type Sight } from './lane.ts'
import { readPalette } from './palette.ts'

/** A lane's place in the page. */
export interface LanePlace {
  readonly id: string
  readonly row: HTMLElement
  readonly plot: HTMLElement
  /** Where the lane says what it is at the cursor. */
  readonly readout: HTMLElement | null
  readonly make: LaneMaker
}

/** All lanes of the page on one axis. */
export interface Stack {
  add(place: LanePlace): () => void
  /** Of the plots: all begin and end at the same places. */
  plotBox(): { readonly leftPx: number; readonly widthPx: number }
  /** Arrow keys of a lane. */
  step(lane: string, step: 1 | -1): void
  close(): void
}

interface Lane extends LanePlace {
  drawing: LaneDrawing | undefined
  inSight: boolean
  /** In sight, or about to be scrolled into it. */
  isNear: boolean
  stale: boolean
}

/** Events within this many pixels of the cursor are read as if it stood on them. */
const nearPx = 6

/** While the range moves only what is seen is painted; what is near follows when it has rested this long. */
const restMs = 120

export function createStack(root: HTMLElement, cursorLine: HTMLElement, cursorTime: HTMLElement, axis: Axis): Stack {
  const lanes = new Map<Element, Lane>()
  let frame = 0
  let movedAtMs = Number.NEGATIVE_INFINITY
  let later: ReturnType<typeof setTimeout> | undefined
  let box = { leftPx: 0, widthPx: 0 }
  let palette = readPalette()

  /** At most one frame is under way, however much moves. */
  const ask = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw)
  }
  const spoil = (): void => {
    for (const lane of lanes.values()) lane.stale = true
    ask()
  }
  const measure = (): void => {
    const plot = [...lanes.values()].find(({ plot }) => plot.clientWidth > 0)?.plot
    if (plot === undefined) return
    const leftPx = plot.getBoundingClientRect().left - root.getBoundingClientRect().left + gutterPx
    box = { leftPx, widthPx: Math.max(60, Math.floor(plot.clientWidth - gutterPx)) }
  }

  function draw(): void {
    frame = 0
    if (box.widthPx === 0) measure()
    if (box.widthPx === 0) return
    const zoneMs = -new Date(axis.range.fromMs).getTimezoneOffset() * 60_000
    const sight: Sight = {
      range: axis.range,
      widthPx: box.widthPx,
      palette,
      ticksMs: ticksOf(axis.range, box.widthPx, zoneMs).atMs,
    }
    const isMoving = performance.now() - movedAtMs < restMs
    for (const lane of lanes.values()) {
      if (!lane.stale || !(lane.inSight || (lane.isNear && !isMoving))) continue
      lane.drawing ??= lane.make(lane.plot)
      lane.drawing.paint(sight)
      lane.stale = false
    }
    if (isMoving) {
      clearTimeout(later)
      later = setTimeout(ask, restMs)
    }
    drawCursor()
  }

  function drawCursor(): void {
    const { cursorMs, range } = axis
    const isSeen = cursorMs !== undefined && cursorMs >= range.fromMs && cursorMs <= range.toMs
    cursorLine.hidden = !isSeen
    cursorTime.hidden = !isSeen
    if (isSeen) {
      const px = pxOf(range, cursorMs, box.widthPx)
      cursorLine.style.transform = `translateX(${box.leftPx + px}px)`
      cursorTime.style.transform = `translateX(${Math.round(gutterPx + px)}px) translateX(-50%)`
      cursorTime.textContent = preciseClock(cursorMs, 1)
      cursorTime.title = utc(cursorMs)
    }
    const nearMs = (lengthOf(range) / box.widthPx) * nearPx
    for (const { inSight, drawing, readout, row } of lanes.values()) {
      if (!inSight || drawing === undefined) continue
      const text = cursorMs === undefined ? '' : drawing.readAt(cursorMs, nearMs)
      if (readout !== null && readout.textContent !== text) readout.textContent = text
      if (row === document.activeElement && cursorMs !== undefined) tellCursor(row, cursorMs, text)
    }
  }

  const watchSight = (rootMargin: string, note: (lane: Lane, isIn: boolean) => void): IntersectionObserver =>
    new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const lane = lanes.get(target)
          if (lane !== undefined) note(lane, isIntersecting)
        }
        ask()
      },
      { rootMargin },
    )
  const sights = watchSight('0px', (lane, isIn) => {
    lane.inSight = isIn
  })
  // Half a screen ahead: what is scrolled to has been painted.
  const nears = watchSight('400px 0px', (lane, isIn) => {
    lane.isNear = isIn
  })
  const sizes = new ResizeObserver(() => {
    measure()
    spoil()
  })
  sizes.observe(root)
  const unwatchColours = colours.watch(() => {
    palette = readPalette()
    spoil()
  })
  const unwatchAxis = axis.watch((change) => {
    if (change === 'range') {
      movedAtMs = performance.now()
      return spoil()
    }
    if (change === 'lit') for (const { row, id } of lanes.values()) row.classList.toggle('lit', id === axis.litLane)
    ask()
  })

  return {
    add(place) {
      const lane: Lane = { ...place, drawing: undefined, inSight: false, isNear: false, stale: true }
      lanes.set(place.row, lane)
      place.row.classList.toggle('lit', place.id === axis.litLane)
      sights.observe(place.row)
      nears.observe(place.row)
      ask()
      return () => {
        sights.unobserve(place.row)
        nears.unobserve(place.row)
        lanes.delete(place.row)
        lane.drawing?.destroy()
      }
    },
    plotBox: () => box,
    step(id, step) {
      const lane = [...lanes.values()].find((one) => one.id === id)
      const from = axis.cursorMs ?? (step === 1 ? axis.range.fromMs - 1 : axis.range.toMs + 1)
      const next = lane?.drawing?.next(from, step)
      if (next === undefined) return
      axis.point(next)
      follow(axis, next)
    },
    close() {
      cancelAnimationFrame(frame)
      clearTimeout(later)
      sights.disconnect()
      nears.disconnect()
      sizes.disconnect()
      unwatchColours()
      unwatchAxis()
      for (const { drawing } of lanes.values()) drawing?.destroy()
      lanes.clear()
    },
  }
}

/** A cursor that walked out of sight takes the view along. */
function follow(axis: Axis, atMs: number): void {
  const { fromMs, toMs } = axis.range
  if (atMs >= fromMs && atMs <= toMs) return
  const half = (toMs - fromMs) / 2
  axis.show({ fromMs: atMs - half, toMs: atMs + half })
}

function tellCursor(row: HTMLElement, cursorMs: number, text: string): void {
  row.setAttribute('aria-valuenow', String(Math.round(cursorMs)))
  row.setAttribute('aria-valuetext', `${preciseClock(cursorMs, 1)} ${text}`)
}
