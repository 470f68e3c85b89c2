import { t } from '#explorer/web/messages.ts'
import { indexAt } from '../media/columns.ts'
import { type Condition, conditionFor, stretchesOf } from '../media/stretches.ts'
import { unknownSpans } from '../media/unknown.ts'
import { countsArrivals, type View } from '../media/views.ts'
import type { LaneMaker, Sight } from './lane.ts'
import { nextInterval } from './scale.ts'
import { boxOf, createSurface, hatchOf } from './surface.ts'

export const ribbonHeightPx = 20
const bandPx = 10

/** A view as one band: good, degraded, poor, silent, before the answer, unknown. What is left of a view folded up. */
export function createRibbonLane({ columns, expected, stream }: View): LaneMaker {
  const conditionOf = conditionFor(countsArrivals(stream))
  const stretches = stretchesOf(columns, conditionOf)
  // Every interval counts as seen, whatever it measured.
  const unseen = unknownSpans(columns, columns.endMs, expected)
  return function make(plot) {
    const surface = createSurface(plot, ribbonHeightPx)
    return {
      paint(sight) {
        const context = surface.begin(sight)
        const top = (ribbonHeightPx - bandPx) / 2
        for (const stretch of stretches) {
          const box = boxOf(sight, stretch)
          if (box !== undefined) paintBand(context, sight, stretch.condition, [box[0], top, box[1], bandPx])
        }
        context.fillStyle = hatchOf(context, sight.palette.hatch)
        for (const span of unseen) {
          const box = boxOf(sight, span)
          if (box !== undefined) context.fillRect(box[0], top, box[1], bandPx)
        }
      },
      readAt(atMs) {
        const index = indexAt(columns, atMs)
        if (index >= 0)
          return t(`call.condition.${columns.mask === undefined ? 'unjudged' : conditionOf(columns.mask[index] ?? 0)}`)
        return atMs >= expected.fromMs && atMs <= expected.toMs ? t('word.unknown') : ''
      },
      next: (atMs, step) => nextInterval(columns.startMs, atMs, step),
      destroy: surface.remove,
    }
  }
}

type Box = [number, number, number, number]

/** Height tells as well as colour does: poor is full, degraded lower, good a line; silence is an empty frame. */
function paintBand(context: CanvasRenderingContext2D, { palette }: Sight, condition: Condition, box: Box): void {
  const [left, top, width, height] = box
  if (condition === 'silent' || condition === 'early') {
    context.strokeStyle = condition === 'silent' ? palette.silent : palette.faint
    context.setLineDash(condition === 'silent' ? [] : [2, 2])
    context.strokeRect(left + 0.5, top + 1.5, Math.max(1, width - 1), height - 3)
    context.setLineDash([])
    return
  }
  const share = { poor: 1, degraded: 0.7, good: 0.4, unjudged: 0.4, blind: 0.2 }[condition]
  context.fillStyle = condition === 'unjudged' || condition === 'blind' ? palette.faint : palette[condition]
  context.fillRect(left, top + height * (1 - share), width, height * share)
}
