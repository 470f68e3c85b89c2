import { utc } from '#explorer/web/format.ts'
import type { Axis } from '../axis/axis.ts'
import { lengthOf, pxOf } from '../axis/range.ts'
import { preciseClock } from '../story/clock.ts'
import { gutterPx } from './lane.ts'
import type { PlacedLane, PlotBox } from './placed-lane.ts'

/** What marks one instant in all lanes: a line through them, and its time above. */
export interface CursorMark {
  readonly line: HTMLElement
  readonly time: HTMLElement
}

/** Events within this many pixels of the cursor are read as if it stood on them. */
const nearPx = 6

export function placeCursor({ line, time }: CursorMark, { cursorMs, range }: Axis, box: PlotBox): void {
  const isSeen = cursorMs !== undefined && cursorMs >= range.fromMs && cursorMs <= range.toMs
  line.hidden = !isSeen
  time.hidden = !isSeen
  if (!isSeen) return
  const px = pxOf(range, cursorMs, box.widthPx)
  line.style.transform = `translateX(${box.leftPx + px}px)`
  time.style.transform = `translateX(${Math.round(gutterPx + px)}px) translateX(-50%)`
  time.textContent = preciseClock(cursorMs, 1)
  time.title = utc(cursorMs)
}

/** Every lane in sight says what it is at the cursor; the one in focus says it aloud. */
export function readLanes(lanes: Iterable<PlacedLane>, { cursorMs, range }: Axis, { widthPx }: PlotBox): void {
  const nearMs = (lengthOf(range) / widthPx) * nearPx
  for (const { inSight, drawing, readout, row } of lanes) {
    if (!inSight || drawing === undefined) continue
    const text = cursorMs === undefined ? '' : drawing.readAt(cursorMs, nearMs)
    if (readout !== null && readout.textContent !== text) readout.textContent = text
    if (row === document.activeElement && cursorMs !== undefined) tellCursor(row, cursorMs, text)
  }
}

function tellCursor(row: HTMLElement, cursorMs: number, text: string): void {
  row.setAttribute('aria-valuenow', String(Math.round(cursorMs)))
  row.setAttribute('aria-valuetext', `${preciseClock(cursorMs, 1)} ${text}`)
}

/** Where an arrow key leads from the cursor. One that walks out of sight takes the view along. */
export function stepCursor(axis: Axis, lane: PlacedLane | undefined, step: 1 | -1): void {
  const from = axis.cursorMs ?? (step === 1 ? axis.range.fromMs - 1 : axis.range.toMs + 1)
  const next = lane?.drawing?.next(from, step)
  if (next === undefined) return
  axis.point(next)
  follow(axis, next)
}

function follow(axis: Axis, atMs: number): void {
  const { fromMs, toMs } = axis.range
  if (atMs >= fromMs && atMs <= toMs) return
  const half = (toMs - fromMs) / 2
  axis.show({ fromMs: atMs - half, toMs: atMs + half })
}
