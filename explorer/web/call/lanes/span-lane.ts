import type { WholeCall } from '#contracts/warehouse.ts'
import { milliseconds } from '../story/figures.ts'
import { hasFailed, msOfNanos } from '../story/telemetry.ts'
import type { LaneMaker, Sight } from './lane.ts'
import { stepTo } from './points-in-time.ts'
import { boxOf, createSurface } from './surface.ts'

const rowPx = 10
/** More rows than this are not read as bars; the table below has them all. */
const maxRows = 10

export interface Bar {
  readonly fromMs: number
  readonly toMs: number
  readonly row: number
  readonly failed: boolean
  readonly text: string
}

/** Spans as bars, those of one time under each other; failed ones red and drawn last, so that nothing hides them. */
export function createSpanLane(bars: readonly Bar[]): LaneMaker {
  const times = bars.map(({ fromMs }) => fromMs).sort((a, b) => a - b)
  const heightPx = spanHeightPx(bars)
  return function make(plot) {
    const surface = createSurface(plot, heightPx)
    return {
      paint(sight) {
        const context = surface.begin(sight)
        paint(context, sight, bars, false)
        paint(context, sight, bars, true)
      },
      readAt(atMs, withinMs) {
        const near = bars.filter(({ fromMs, toMs }) => fromMs - withinMs <= atMs && toMs + withinMs >= atMs)
        const told = near.find(({ failed }) => failed) ?? near.at(-1)
        return told === undefined ? '' : `${told.text}${near.length > 1 ? ` (+${near.length - 1})` : ''}`.slice(0, 300)
      },
      next: (atMs, step) => stepTo(times, atMs, step),
      destroy: surface.remove,
    }
  }
}

export const spanHeightPx = (bars: readonly Bar[]): number =>
  bars.reduce((most, { row }) => Math.max(most, row + 1), 1) * rowPx + 8

/** Each bar in the first row that is free at its time. */
export function barsOf(spans: WholeCall['spans']): readonly Bar[] {
  const sorted = spans
    .map((span) => ({ span, fromMs: msOfNanos(span.startTimeUnixNano), toMs: msOfNanos(span.endTimeUnixNano) }))
    .sort((a, b) => a.fromMs - b.fromMs || b.toMs - a.toMs)
  const freeFromMs: number[] = []
  return sorted.map(({ span, fromMs, toMs }): Bar => {
    const free = freeFromMs.findIndex((ms) => ms <= fromMs)
    const row = free >= 0 ? free : Math.min(freeFromMs.length, maxRows - 1)
    freeFromMs[row] = Math.max(freeFromMs[row] ?? 0, toMs)
    const failed = hasFailed(span)
    const said = span.statusMessage === '' ? '' : `: ${span.statusMessage}`
    return {
      fromMs,
      toMs,
      row,
      failed,
      text: `${span.serviceName} ${span.name}, ${milliseconds(toMs - fromMs)}${said}`,
    }
  })
}

function paint(context: CanvasRenderingContext2D, sight: Sight, bars: readonly Bar[], failed: boolean): void {
  context.fillStyle = failed ? sight.palette.poor : sight.palette.line
  for (const bar of bars) {
    if (bar.failed !== failed) continue
    const box = boxOf(sight, bar, failed ? 4 : 2)
    if (box !== undefined) context.fillRect(box[0], bar.row * rowPx + 4, box[1], rowPx - 2)
  }
}
