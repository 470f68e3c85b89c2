import type { WholeCall } from '#contracts/warehouse.ts'
import { pxOf } from '../axis/range.ts'
import { type LogLevel, levelOf, logLevels, msOfNanos } from '../story/telemetry.ts'
import type { LaneMaker, Sight } from './lane.ts'
import { nearest, stepTo } from './points-in-time.ts'
import { createSurface } from './surface.ts'

const rowPx = 11
export const logHeightPx = logLevels.length * rowPx + 6

interface Line {
  readonly atMs: number
  readonly level: LogLevel
  readonly text: string
}

/** Log lines as ticks, a row for each severity, errors on top. Lines that share a pixel are one tick. */
export function createLogLane(logs: WholeCall['logs']): LaneMaker {
  const lines = logs
    .map(
      (log): Line => ({
        atMs: msOfNanos(log.timeUnixNano),
        level: levelOf(log),
        text: `${log.severityText || levelOf(log)} ${log.serviceName}: ${log.body}`,
      }),
    )
    .sort((a, b) => a.atMs - b.atMs)
  const times = lines.map(({ atMs }) => atMs)
  return function make(plot) {
    const surface = createSurface(plot, logHeightPx)
    return {
      paint(sight) {
        const context = surface.begin(sight)
        for (const [row, level] of logLevels.entries()) paintRow(context, sight, lines, { row, level })
      },
      readAt: (atMs, withinMs) => lines[worstNear(lines, times, atMs, withinMs)]?.text.slice(0, 300) ?? '',
      next: (atMs, step) => stepTo(times, atMs, step),
      destroy: surface.remove,
    }
  }
}

/** Of lines close together the worst is read: it is what one points at. */
function worstNear(lines: readonly Line[], times: readonly number[], atMs: number, withinMs: number): number {
  const near = nearest(times, atMs, withinMs)
  if (near < 0) return -1
  let best = near
  const rank = (index: number): number => logLevels.indexOf(lines[index]?.level ?? 'debug')
  for (const step of [-1, 1]) {
    for (let at = near + step; Math.abs((times[at] ?? Number.NaN) - atMs) <= withinMs; at += step)
      if (rank(at) < rank(best)) best = at
  }
  return best
}

function paintRow(
  context: CanvasRenderingContext2D,
  { range, widthPx, palette }: Sight,
  lines: readonly Line[],
  { row, level }: { readonly row: number; readonly level: LogLevel },
): void {
  const colours = { error: palette.poor, warning: palette.degraded, info: palette.line, debug: palette.faint }
  context.fillStyle = colours[level]
  const top = row * rowPx + 4
  let lastPx = Number.NEGATIVE_INFINITY
  for (const { atMs, level: own } of lines) {
    if (own !== level || atMs < range.fromMs || atMs > range.toMs) continue
    const px = pxOf(range, atMs, widthPx)
    if (px - lastPx < 1) continue
    lastPx = px
    const wide = level === 'error' ? 5 : 3
    context.fillRect(px - wide / 2, top, wide, rowPx - 3)
  }
}
