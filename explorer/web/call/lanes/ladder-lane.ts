import { pxOf } from '../axis/range.ts'
import { eventDetail, eventName } from '../story/event-text.ts'
import type { Mark, MarkTone, Rung } from '../story/ladder.ts'
import type { LaneMaker, Sight } from './lane.ts'
import { laneFont, type Palette } from './palette.ts'
import { nearest, stepTo } from './points-in-time.ts'
import { boxOf, createSurface, hatchOf } from './surface.ts'

export const rungHeightPx = 52
const barTop = 22
const barPx = 8

/** One leg of the ladder: how long it was there, when it rang and was on hold, and what happened to it. */
export function createLadderLane(rung: Rung): LaneMaker {
  const times = rung.marks.map(({ atMs }) => atMs)
  return function make(plot) {
    const surface = createSurface(plot, rungHeightPx)
    return {
      paint(sight) {
        const context = surface.begin(sight)
        paintLife(context, sight, rung)
        paintMarks(context, sight, rung.marks)
      },
      readAt(atMs, withinMs) {
        const mark = rung.marks[nearest(times, atMs, withinMs)]
        if (mark !== undefined)
          return [eventName(mark.event), eventDetail(mark.event)].filter((part) => part).join(': ')
        return ''
      },
      next: (atMs, step) => stepTo(times, atMs, step),
      destroy: surface.remove,
    }
  }
}

function paintLife(context: CanvasRenderingContext2D, sight: Sight, { alive, ringing, held, leg }: Rung): void {
  const { palette } = sight
  const life = alive === undefined ? undefined : boxOf(sight, alive, 2)
  if (life !== undefined) {
    context.fillStyle = palette.bar
    const [top, height] = leg === undefined ? [barTop + barPx / 2 - 1, 2] : [barTop, barPx]
    context.fillRect(life[0], top, life[1], height)
  }
  for (const span of ringing) {
    const box = boxOf(sight, span)
    if (box === undefined) continue
    context.fillStyle = palette.surface
    context.fillRect(box[0], barTop + 1, box[1], barPx - 2)
  }
  for (const span of held) {
    const box = boxOf(sight, span)
    if (box === undefined) continue
    context.fillStyle = palette.degradedShade
    context.fillRect(box[0], barTop - 4, box[1], barPx + 8)
    context.fillStyle = hatchOf(context, palette.degraded)
    context.fillRect(box[0], barTop, box[1], barPx)
  }
}

const toneColour = ({ good, degraded, poor, text }: Palette, tone: MarkTone): string =>
  ({ plain: text, good, warn: degraded, bad: poor })[tone]

function paintMarks(context: CanvasRenderingContext2D, sight: Sight, marks: readonly Mark[]): void {
  const { range, widthPx, palette } = sight
  const seen = marks.filter(({ atMs }) => atMs >= range.fromMs && atMs <= range.toMs)
  for (const { atMs, tone } of seen) {
    const px = pxOf(range, atMs, widthPx)
    context.fillStyle = toneColour(palette, tone)
    context.beginPath()
    if (tone === 'bad') context.rect(px - 4, barTop, 8, 8)
    else context.arc(px, barTop + barPx / 2, 4, 0, 2 * Math.PI)
    context.fill()
    context.strokeStyle = palette.surface
    context.stroke()
  }
  context.font = laneFont
  context.textAlign = 'left'
  for (const { text, leftPx, row, tone } of labels(context, sight, seen)) {
    context.fillStyle = tone === 'plain' ? palette.text : toneColour(palette, tone)
    context.fillText(text, leftPx, row === 0 ? barTop - 8 : barTop + barPx + 16)
  }
}

interface Label {
  readonly text: string
  readonly leftPx: number
  readonly rightPx: number
  readonly row: 0 | 1
  readonly tone: MarkTone
}

/** Telling events are written first, above or below; what has no room is read by hovering and in the table. */
function labels(
  context: CanvasRenderingContext2D,
  { range, widthPx }: Sight,
  marks: readonly Mark[],
): readonly Label[] {
  const placed: Label[] = []
  // Measuring text is dear: where marks are that dense, most of it would have no room anyway.
  for (const { event, atMs, tone } of [...marks].sort((a, b) => a.rank - b.rank || a.atMs - b.atMs).slice(0, 60)) {
    const text = eventName(event)
    const width = context.measureText(text).width
    const px = pxOf(range, atMs, widthPx)
    const leftPx = Math.max(0, Math.min(px - 4, widthPx - width))
    const isFree = (row: 0 | 1): boolean =>
      placed.every((other) => other.row !== row || leftPx > other.rightPx + 8 || leftPx + width + 8 < other.leftPx)
    const row = isFree(0) ? 0 : isFree(1) ? 1 : undefined
    if (row !== undefined) placed.push({ text, leftPx, rightPx: leftPx + width, row, tone })
  }
  return placed
}
