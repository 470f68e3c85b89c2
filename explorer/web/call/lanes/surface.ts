import { pxOf } from '../axis/range.ts'
import type { Sight } from './lane.ts'

/** A canvas of a lane, sharp on any screen. */
export interface Surface {
  /** Cleared and scaled to CSS pixels, with the lines of round times already in it. */
  begin(sight: Sight): CanvasRenderingContext2D
  remove(): void
}

export function createSurface(plot: HTMLElement, heightPx: number): Surface {
  const canvas = document.createElement('canvas')
  canvas.style.height = `${heightPx}px`
  plot.append(canvas)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser draws no canvas')
  return {
    begin(sight) {
      const scale = devicePixelRatio
      const [width, height] = [Math.round(sight.widthPx * scale), Math.round(heightPx * scale)]
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width
        canvas.height = height
        canvas.style.width = `${sight.widthPx}px`
      }
      context.setTransform(scale, 0, 0, scale, 0, 0)
      context.clearRect(0, 0, sight.widthPx, heightPx)
      drawTicks(context, sight, heightPx)
      return context
    },
    remove: () => canvas.remove(),
  }
}

export function drawTicks(context: CanvasRenderingContext2D, sight: Sight, heightPx: number): void {
  context.fillStyle = sight.palette.grid
  for (const atMs of sight.ticksMs) context.fillRect(Math.round(pxOf(sight.range, atMs, sight.widthPx)), 0, 1, heightPx)
}

/** Left and width in pixels of a piece of time, cut to what is seen; undefined when it is out of sight. */
export function boxOf(
  { range, widthPx }: Sight,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  leastPx = 1,
): readonly [leftPx: number, widthPx: number] | undefined {
  if (toMs < range.fromMs || fromMs > range.toMs) return undefined
  const left = Math.max(-2, pxOf(range, fromMs, widthPx))
  const right = Math.min(widthPx + 2, pxOf(range, toMs, widthPx))
  return [left, Math.max(leastPx, right - left)]
}

const hatches = new Map<string, CanvasPattern>()

/** Slanted lines: here something ought to have been measured, and was not. */
export function hatchOf(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const known = hatches.get(colour)
  if (known !== undefined) return known
  const tile = document.createElement('canvas')
  const scale = devicePixelRatio
  const side = Math.round(7 * scale)
  tile.width = side
  tile.height = side
  const brush = tile.getContext('2d')
  const pattern = brush === null ? null : context.createPattern(paintTile(brush, side, colour), 'repeat')
  if (pattern === null) return colour
  pattern.setTransform(new DOMMatrix().scale(1 / scale))
  if (hatches.size > 8) hatches.clear()
  hatches.set(colour, pattern)
  return pattern
}

function paintTile(brush: CanvasRenderingContext2D, side: number, colour: string): HTMLCanvasElement {
  brush.strokeStyle = colour
  brush.lineWidth = Math.max(1, side / 6)
  brush.beginPath()
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift - 1, side + 1)
    brush.lineTo(shift + side + 1, -1)
  }
  brush.stroke()
  return brush.canvas
}
