import uPlot from 'uplot'
import { t } from '#explorer/web/messages.ts'
import { indexAt } from '../media/columns.ts'
import type { Limits, Measure } from '../media/measures.ts'
import { pointsOf } from '../media/points.ts'
import { badStretches } from '../media/stretches.ts'
import { unknownSpans } from '../media/unknown.ts'
import type { View } from '../media/views.ts'
import { gutterPx, type LaneDrawing, type LaneMaker, type Sight } from './lane.ts'
import { laneFont, readPalette } from './palette.ts'
import { nextInterval, roundBelow } from './scale.ts'
import { boxOf, drawTicks, hatchOf } from './surface.ts'

/** One measure of one view as a chart: its line, what was bad, what is unknown, and the limits it is judged by. */
export function createMeasureLane(view: View, measure: Measure, limits: Limits | undefined): LaneMaker {
  const { columns, expected } = view
  const values = columns.values[measure.name]
  const bad = badStretches(columns, measure.name)
  const unknown = unknownSpans(columns, values, expected)
  const [bottom, top] = scaleOf(values, measure, limits)
  return function make(plot): LaneDrawing {
    let sight: Sight | undefined
    const chart = new uPlot(
      chartOptions({ measure, bottom, top, heightPx: measure.heightPx, plot }, (u, when) => {
        if (sight === undefined) return
        if (when === 'under') drawBehind(u, sight, { bad, unknown })
        else drawLimits(u, sight, limits, measure)
      }),
      [[], []],
      plot,
    )
    return {
      paint(next) {
        sight = next
        const width = next.widthPx + gutterPx
        if (chart.width !== width) chart.setSize({ width, height: measure.heightPx })
        const { atMs, value } = pointsOf(columns, values, next.range, next.widthPx)
        chart.batch(() => {
          chart.setData([atMs, value], false)
          chart.setScale('x', { min: next.range.fromMs, max: next.range.toMs })
        })
      },
      readAt(atMs) {
        const index = indexAt(columns, atMs)
        const value = index < 0 ? Number.NaN : (values[index] ?? Number.NaN)
        if (!Number.isNaN(value)) return measure.write(value)
        return atMs >= expected.fromMs && atMs <= expected.toMs ? t('word.unknown') : ''
      },
      next: (atMs, step) => nextInterval(columns.startMs, atMs, step),
      destroy: () => chart.destroy(),
    }
  }
}

/** From the least sensible value to a little over the greatest: fixed for the whole call, so that panning does not breathe. */
function scaleOf(
  values: Float64Array,
  { bottom, leastTop, worse }: Measure,
  limits: Limits | undefined,
): readonly [number, number] {
  let greatest = worse === 'higher' ? (limits?.poor ?? 0) * 1.15 : 0
  for (const value of values) if (value > greatest) greatest = value
  return [bottom, Math.max(leastTop, greatest * 1.08)]
}

interface ChartParts {
  readonly measure: Measure
  readonly bottom: number
  readonly top: number
  readonly heightPx: number
  readonly plot: HTMLElement
}

function chartOptions(
  { measure, bottom, top, heightPx, plot }: ChartParts,
  draw: (chart: uPlot, when: 'under' | 'over') => void,
): uPlot.Options {
  return {
    width: Math.max(120, plot.clientWidth),
    height: heightPx,
    padding: [5, 0, 5, 0],
    legend: { show: false },
    // One line runs through all lanes of the page; see stack.ts.
    cursor: { show: false },
    scales: { x: { time: false, auto: false }, y: { auto: false, range: [bottom, top] } },
    axes: [
      { show: false },
      {
        size: gutterPx,
        gap: 4,
        font: laneFont,
        stroke: () => readPalette().faint,
        grid: { show: false },
        ticks: { show: false },
        splits: () => (measure.name === 'mos' ? [1, 2, 3, 4] : [bottom, roundBelow(top * 0.85)]),
        values: (_, splits) => splits.map((split) => short(measure, split)),
      },
    ],
    series: [{}, { stroke: () => readPalette().line, width: 1.5, points: { show: false }, spanGaps: false }],
    hooks: { drawAxes: [(chart) => draw(chart, 'under')], draw: [(chart) => draw(chart, 'over')] },
  }
}

const short = (measure: Measure, value: number): string =>
  measure.name === 'mos' ? String(value) : measure.write(value)

interface Behind {
  readonly bad: ReturnType<typeof badStretches>
  readonly unknown: ReturnType<typeof unknownSpans>
}

/** uPlot's canvas is in device pixels; everything of ours is in CSS pixels of the plot. */
function inPlot(chart: uPlot, paint: (context: CanvasRenderingContext2D, heightPx: number) => void): void {
  const { ctx, bbox } = chart
  const scale = devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, 0, bbox.width, bbox.height + 2 * bbox.top)
  ctx.clip()
  ctx.translate(bbox.left, bbox.top)
  ctx.scale(scale, scale)
  paint(ctx, bbox.height / scale)
  ctx.restore()
}

function drawBehind(chart: uPlot, sight: Sight, { bad, unknown }: Behind): void {
  inPlot(chart, (context, height) => {
    drawTicks(context, sight, height)
    for (const span of bad) {
      const box = boxOf(sight, span)
      if (box === undefined) continue
      context.fillStyle = span.condition === 'poor' ? sight.palette.poorShade : sight.palette.degradedShade
      context.fillRect(box[0], 0, box[1], height)
    }
    context.fillStyle = hatchOf(context, sight.palette.hatch)
    for (const span of unknown) {
      const box = boxOf(sight, span)
      if (box !== undefined) context.fillRect(box[0], 0, box[1], height)
    }
  })
}

function drawLimits(chart: uPlot, sight: Sight, limits: Limits | undefined, measure: Measure): void {
  if (limits === undefined) return
  const { palette, widthPx } = sight
  inPlot(chart, (context, height) => {
    context.font = '10px system-ui, sans-serif'
    context.textAlign = 'right'
    let takenPx = Number.NaN
    for (const name of ['poor', 'degraded'] as const) {
      const y = Math.round(chart.valToPos(limits[name], 'y')) + 0.5
      context.strokeStyle = palette[name]
      context.setLineDash([4, 3])
      context.beginPath()
      context.moveTo(0, y)
      context.lineTo(widthPx, y)
      context.stroke()
      // Of two that would touch only the worse is written.
      const textPx = limitTextPx(y, height, (name === 'poor') === (measure.worse === 'higher'))
      if (Math.abs(textPx - takenPx) < 10) continue
      context.fillStyle = palette[name]
      // Written on a ground of its own, or lines that run through it make it unreadable.
      const text = `${t(`class.${name}`)} ${measure.write(limits[name])}`
      context.setLineDash([])
      context.strokeStyle = palette.surface
      context.lineWidth = 3
      context.strokeText(text, widthPx - 4, textPx)
      context.lineWidth = 1
      context.fillText(text, widthPx - 4, textPx)
      takenPx = textPx
    }
    context.setLineDash([])
  })
}

/** The baseline of a limit's text: on the far side of its line from the other limit, where there is room. */
function limitTextPx(linePx: number, heightPx: number, above: boolean): number {
  const [over, under] = [linePx - 3, linePx + 10]
  if (above) return over >= 8 ? over : under
  return under <= heightPx ? under : over
}
