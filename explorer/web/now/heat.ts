import type { Now } from '../api-types.ts'
import { timeTicks } from '../ui/time-ticks.ts'
import { type Span, within } from './blind.ts'

export type Scale = Now['scales'][number]
type Heatmap = Scale['heatmap']

/** One cell: talk of one stretch of time within a tenth of MOS. */
export interface Cell {
  readonly time: number
  readonly bin: number
}

export const binsOf = ({ minutes }: Heatmap): number =>
  minutes.reduce((most, column) => Math.max(most, column.length), 0)

export const mostOf = ({ minutes }: Heatmap): number =>
  minutes.reduce((most, column) => column.reduce((above, value) => Math.max(above, value), most), 0)

/** Rounded, since 1 + 26 tenths is not 3.6 in a computer. */
export const binStart = ({ binFrom, binWidth }: Heatmap, bin: number): number =>
  Math.round((binFrom + bin * binWidth) * 1_000) / 1_000

/** How dark a cell is, 0..1. By the logarithm: a cell of one minute must be seen beside one of three hundred. */
export const darkness = (minutes: number, most: number): number =>
  minutes <= 0 ? 0 : 0.14 + 0.86 * (Math.log1p(minutes) / Math.log1p(Math.max(most, minutes)))

export interface ColumnSummary {
  readonly atMs: number
  readonly minutes: number
  readonly belowMinutes: number
  /** Middle of the bin that holds it; undefined where nothing was measured. */
  readonly medianMos: number | undefined
}

/** The heatmap in words: what a table of it says. */
export const summariesOf = ({ heatmap, thresholdMos }: Scale): readonly ColumnSummary[] =>
  heatmap.times.map((atMs, time) => summaryOf(heatmap, heatmap.minutes[time] ?? [], { atMs, thresholdMos }))

function summaryOf(
  heatmap: Heatmap,
  column: readonly number[],
  { atMs, thresholdMos }: { readonly atMs: number; readonly thresholdMos: number },
): ColumnSummary {
  const minutes = column.reduce((sum, value) => sum + value, 0)
  let [belowMinutes, passed] = [0, 0]
  let medianMos: number | undefined
  column.forEach((value, bin) => {
    if (binStart(heatmap, bin) < thresholdMos) belowMinutes += value
    passed += value
    if (medianMos === undefined && minutes > 0 && passed >= minutes / 2)
      medianMos = binStart(heatmap, bin) + heatmap.binWidth / 2
  })
  return { atMs, minutes, belowMinutes, medianMos }
}

/** Room of the axes, left of and under the cells. */
export const leftPx = 28
const axisPx = 18

export interface HeatColours {
  readonly below: string
  readonly above: string
  readonly text: string
  readonly line: string
  readonly accent: string
  readonly threshold: string
}

interface Room {
  readonly context: CanvasRenderingContext2D
  readonly widthPx: number
  readonly heightPx: number
}

interface HeatView {
  readonly scale: Scale
  readonly blind: readonly Span[]
  readonly at: Cell | undefined
  readonly colours: HeatColours
}

/** The cell under a point of the canvas; outside of the cells the nearest. */
export function cellAt(
  { heatmap }: Scale,
  { x, y }: { readonly x: number; readonly y: number },
  room: Omit<Room, 'context'>,
): Cell {
  const across = (x - leftPx) / (room.widthPx - leftPx)
  const up = 1 - y / (room.heightPx - axisPx)
  const within = (share: number, many: number): number => Math.min(many - 1, Math.max(0, Math.floor(share * many)))
  return { time: within(across, heatmap.times.length), bin: within(up, binsOf(heatmap)) }
}

export function paintHeat(room: Room, view: HeatView): void {
  paintBlind(room, view)
  paintCells(room, view)
  paintThreshold(room, view)
  paintAxes(room, view)
}

function sizesOf({ widthPx, heightPx }: Room, { heatmap }: Scale) {
  return {
    floor: heightPx - axisPx,
    cellPx: (widthPx - leftPx) / Math.max(1, heatmap.times.length),
    binPx: (heightPx - axisPx) / Math.max(1, binsOf(heatmap)),
  }
}

/** Pixels between two lines of a hatching. */
const hatchPx = 6

/** Under the cells: what came later is drawn over it, and what nobody knew at the time can still be told. */
function paintBlind(room: Room, { scale, blind, colours }: HeatView): void {
  const { context } = room
  const { times, bucketMs } = scale.heatmap
  const { floor, cellPx } = sizesOf(room, scale)
  const whole = { fromMs: times[0] ?? 0, untilMs: (times.at(-1) ?? 0) + bucketMs }
  const xOf = (ms: number): number => leftPx + ((ms - whole.fromMs) / bucketMs) * cellPx
  context.strokeStyle = colours.line
  context.lineWidth = 1
  for (const span of blind) {
    const cut = within(span, whole)
    if (cut === undefined) continue
    const [left, right] = [xOf(cut.fromMs), xOf(cut.untilMs)]
    context.save()
    context.beginPath()
    context.rect(left, 0, Math.max(1, right - left), floor)
    context.clip()
    context.beginPath()
    for (let x = left - floor; x < right; x += hatchPx) {
      context.moveTo(x, floor)
      context.lineTo(x + floor, 0)
    }
    context.stroke()
    context.restore()
  }
}

function paintCells(room: Room, { scale, at, colours }: HeatView): void {
  const { context } = room
  const { heatmap, thresholdMos } = scale
  const { floor, cellPx, binPx } = sizesOf(room, scale)
  const most = mostOf(heatmap)
  heatmap.minutes.forEach((column, time) => {
    column.forEach((minutes, bin) => {
      if (minutes <= 0) return
      context.globalAlpha = darkness(minutes, most)
      context.fillStyle = binStart(heatmap, bin) < thresholdMos ? colours.below : colours.above
      context.fillRect(leftPx + time * cellPx, floor - (bin + 1) * binPx, Math.max(1, cellPx - 0.5), binPx - 0.5)
    })
  })
  context.globalAlpha = 1
  if (at === undefined) return
  context.strokeStyle = colours.accent
  context.lineWidth = 2
  context.strokeRect(leftPx + at.time * cellPx, floor - (at.bin + 1) * binPx, cellPx, binPx)
}

function paintThreshold(room: Room, { scale, colours }: HeatView): void {
  const { context, widthPx } = room
  const { heatmap, thresholdMos } = scale
  const { floor, binPx } = sizesOf(room, scale)
  const y = Math.round(floor - ((thresholdMos - heatmap.binFrom) / heatmap.binWidth) * binPx) + 0.5
  context.strokeStyle = colours.threshold
  context.lineWidth = 1
  context.setLineDash([5, 4])
  context.beginPath()
  context.moveTo(leftPx, y)
  context.lineTo(widthPx, y)
  context.stroke()
  context.setLineDash([])
}

function paintAxes(room: Room, { scale, colours }: HeatView): void {
  const { context, widthPx, heightPx } = room
  const { heatmap } = scale
  const { floor, binPx, cellPx } = sizesOf(room, scale)
  context.font = '11px system-ui, sans-serif'
  context.fillStyle = colours.text
  context.textBaseline = 'middle'
  for (let mos = Math.ceil(heatmap.binFrom); mos <= heatmap.binFrom + binsOf(heatmap) * heatmap.binWidth; mos++) {
    const y = floor - ((mos - heatmap.binFrom) / heatmap.binWidth) * binPx
    context.fillText(mos.toFixed(1), 2, Math.min(floor - 6, Math.max(6, y)))
    context.fillRect(leftPx - 4, y, 4, 1)
  }
  context.fillStyle = colours.line
  context.fillRect(leftPx, floor, widthPx - leftPx, 1)
  context.fillRect(leftPx, 0, 1, floor)
  context.fillStyle = colours.text
  context.textBaseline = 'bottom'
  const [fromMs, lastMs] = [heatmap.times[0] ?? 0, heatmap.times.at(-1) ?? 0]
  for (const { atMs, text } of timeTicks(fromMs, lastMs + heatmap.bucketMs, Math.floor(widthPx / 90))) {
    const x = leftPx + ((atMs - fromMs) / heatmap.bucketMs) * cellPx
    context.fillRect(x, floor, 1, 4)
    const half = context.measureText(text).width / 2
    context.fillText(text, Math.min(widthPx - 2 * half, Math.max(leftPx, x - half)), heightPx)
  }
}
