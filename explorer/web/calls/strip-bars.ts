import type { CallClass, Timeline } from '../api-types.ts'
import { timeTicks } from '../ui/time-ticks.ts'

/** From the axis up: what is wrong stands on the ground, where heights can be compared. */
export const stacked: readonly CallClass[] = ['poor', 'degraded', 'unclassified', 'good']

export interface StripColours extends Readonly<Record<CallClass, string>> {
  readonly text: string
  readonly line: string
  readonly accent: string
  readonly unmeasured: string
}

export interface Selection {
  /** Bars, both included, in either order. */
  readonly from: number
  readonly to: number
}

interface StripView {
  readonly timeline: Timeline
  readonly selection: Selection | undefined
  /** The bar under the pointer or the keyboard. */
  readonly at: number | undefined
  readonly colours: StripColours
}

interface Room {
  readonly context: CanvasRenderingContext2D
  readonly widthPx: number
  readonly heightPx: number
}

/** Height of the times under the axis. */
const axisPx = 18

export const totalOf = (bucket: Timeline['buckets'][number]): number =>
  stacked.reduce((sum, name) => sum + bucket[name], 0)

export const peakOf = ({ buckets }: Timeline): number =>
  buckets.reduce((most, bucket) => Math.max(most, totalOf(bucket)), 0)

/** The bar at a place across the strip. */
export function barAt(x: number, widthPx: number, bars: number): number {
  return Math.min(bars - 1, Math.max(0, Math.floor((x / widthPx) * bars)))
}

export const ordered = ({ from, to }: Selection): readonly [number, number] => (from <= to ? [from, to] : [to, from])

/** The time that a selection of bars covers. */
export function spanOf({ buckets, bucketMs, fromMs, untilMs }: Timeline, selection: Selection) {
  const [from, to] = ordered(selection)
  return {
    fromMs: buckets[from]?.atMs ?? fromMs,
    untilMs: Math.min(untilMs, (buckets[to]?.atMs ?? untilMs) + bucketMs),
  }
}

/** Sums of a selection, by class. */
export function countsOf({ buckets }: Timeline, selection: Selection): Record<CallClass, number> {
  const [from, to] = ordered(selection)
  const counts = { poor: 0, degraded: 0, good: 0, unclassified: 0 }
  for (const bucket of buckets.slice(from, to + 1)) for (const name of stacked) counts[name] += bucket[name]
  return counts
}

export function paintStrip(room: Room, view: StripView): void {
  paintBars(room, view)
  paintSelection(room, view)
  paintUnmeasured(room, view)
  paintTimes(room, view)
}

function paintBars({ context, widthPx, heightPx }: Room, { timeline, colours }: StripView): void {
  const { buckets } = timeline
  const peak = Math.max(1, peakOf(timeline))
  const barPx = widthPx / buckets.length
  const floor = heightPx - axisPx
  const gap = barPx > 4 ? 1 : 0
  buckets.forEach((bucket, at) => {
    let y = floor
    for (const name of stacked) {
      if (bucket[name] === 0) continue
      // One bad call among a thousand must still be seen.
      const height = Math.max(2, (bucket[name] / peak) * (floor - 4))
      context.fillStyle = colours[name]
      context.fillRect(at * barPx, y - height, barPx - gap, height)
      y -= height
    }
  })
  context.fillStyle = colours.line
  context.fillRect(0, floor, widthPx, 1)
}

function paintSelection({ context, widthPx, heightPx }: Room, { timeline, selection, at, colours }: StripView): void {
  const barPx = widthPx / timeline.buckets.length
  const shade = (from: number, to: number, alpha: number): void => {
    context.globalAlpha = alpha
    context.fillStyle = colours.accent
    context.fillRect(from * barPx, 0, (to - from + 1) * barPx, heightPx - axisPx)
    context.globalAlpha = 1
  }
  if (selection !== undefined) shade(...ordered(selection), 0.22)
  if (at !== undefined) shade(at, at, 0.18)
}

/** From where on calls may still be missing: hatched, since few calls there are no sign of a quiet hour. */
function paintUnmeasured({ context, widthPx, heightPx }: Room, { timeline, colours }: StripView): void {
  const { completeUntilMs, fromMs, untilMs } = timeline
  if (completeUntilMs === undefined || completeUntilMs >= untilMs) return
  const x = Math.max(0, ((completeUntilMs - fromMs) / (untilMs - fromMs)) * widthPx)
  const floor = heightPx - axisPx
  context.save()
  context.beginPath()
  context.rect(x, 0, widthPx - x, floor)
  context.clip()
  context.strokeStyle = colours.unmeasured
  context.globalAlpha = 0.5
  context.beginPath()
  for (let at = x - floor; at < widthPx; at += 6) {
    context.moveTo(at, floor)
    context.lineTo(at + floor, 0)
  }
  context.stroke()
  context.restore()
}

function paintTimes({ context, widthPx, heightPx }: Room, { timeline: { fromMs, untilMs }, colours }: StripView): void {
  context.font = '11px system-ui, sans-serif'
  context.fillStyle = colours.text
  context.textBaseline = 'bottom'
  for (const { atMs, text } of timeTicks(fromMs, untilMs, Math.floor(widthPx / 90))) {
    const x = ((atMs - fromMs) / (untilMs - fromMs)) * widthPx
    context.fillRect(x, heightPx - axisPx, 1, 4)
    const half = context.measureText(text).width / 2
    context.fillText(text, Math.min(widthPx - 2 * half, Math.max(0, x - half)), heightPx)
  }
}
