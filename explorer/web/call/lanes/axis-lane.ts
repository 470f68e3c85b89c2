import { clock, clockSeconds, day } from '#explorer/web/format.ts'
import { pxOf } from '../axis/range.ts'
import { preciseClock } from '../story/clock.ts'
import type { LaneMaker, Sight } from './lane.ts'
import { laneFont } from './palette.ts'
import { createSurface } from './surface.ts'

export const axisHeightPx = 26

/** The clock above all lanes. */
export function createAxisLane(): LaneMaker {
  return function make(plot) {
    const surface = createSurface(plot, axisHeightPx)
    return {
      paint(sight) {
        const context = surface.begin(sight)
        context.font = laneFont
        context.textAlign = 'center'
        context.fillStyle = sight.palette.faint
        for (const atMs of sight.ticksMs) {
          const px = pxOf(sight.range, atMs, sight.widthPx)
          if (px > 30 && px < sight.widthPx - 30) context.fillText(tickText(atMs, sight), px, 17)
        }
      },
      readAt: () => '',
      next: () => undefined,
      destroy: surface.remove,
    }
  }
}

/** As fine as the step needs: "31 Jan", "12:03", "12:03:45", "12:03:45.200". */
function tickText(atMs: number, { ticksMs }: Sight): string {
  const stepMs = (ticksMs[1] ?? 0) - (ticksMs[0] ?? 0)
  if (stepMs >= 24 * 3_600_000) return day(atMs)
  if (stepMs >= 60_000) return clock(atMs)
  if (stepMs >= 1_000 || ticksMs.length < 2) return clockSeconds(atMs)
  return preciseClock(atMs, 1)
}
