import { t } from '#explorer/web/messages.ts'
import { pxOf, type Range } from '../axis/range.ts'
import type { Limits, Measure } from '../media/measures.ts'
import { pointsOf } from '../media/points.ts'
import { badStretches } from '../media/stretches.ts'
import { unknownSpans } from '../media/unknown.ts'
import type { View } from '../media/views.ts'
import { chartSummary } from '../story/summaries.ts'
import { html, type Markup } from './markup.ts'

const widthPx = 860
const heightPx = 70
const leftPx = 56
const plotPx = widthPx - leftPx

/** One measure as a drawing that needs nothing around it: the same line, shades, holes and limits as on the page. */
export function chartSvg(view: View, measure: Measure, limits: Limits | undefined, range: Range): Markup {
  const { columns, expected } = view
  const values = columns.values[measure.name]
  const top = greatestOf(values, (limits?.poor ?? 0) * 1.15) * 1.05
  const scale: Scale = { range, bottom: measure.bottom, top: Math.max(measure.leastTop, top) }
  const bad = badStretches(columns, measure.name)
  const unknown = unknownSpans(columns, values, expected)
  return html`<svg viewBox="0 0 ${widthPx} ${heightPx}" role="img" aria-label="${chartSummary(view, measure)}">
<rect class="ground" x="${leftPx}" y="0" width="${plotPx}" height="${heightPx}"/>
${bad.map((span) => band(span, scale, `shade-${span.condition}`))}
${unknown.map((span) => band(span, scale, 'hatch'))}
<path class="line" d="${linePath(pointsOf(columns, values, range, plotPx), scale)}"/>
${limits === undefined ? undefined : limitLines(limits, measure, scale)}
<text class="tick" x="${leftPx - 6}" y="10">${measure.write(scale.top)}</text>
<text class="tick" x="${leftPx - 6}" y="${heightPx - 3}">${measure.write(scale.bottom)}</text>
</svg>`
}

/** NaN, the unknown, is greater than nothing. */
function greatestOf(values: Float64Array, atLeast: number): number {
  let greatest = atLeast
  for (const value of values) if (value > greatest) greatest = value
  return greatest
}

interface Scale {
  readonly range: Range
  readonly bottom: number
  readonly top: number
}

const xOf = ({ range }: Scale, atMs: number): number => round(leftPx + pxOf(range, atMs, plotPx))
const yOf = ({ bottom, top }: Scale, value: number): number =>
  round(heightPx - 2 - ((value - bottom) / (top - bottom)) * (heightPx - 4))
const round = (value: number): number => Math.round(value * 10) / 10

function band(span: Range, scale: Scale, name: string): Markup {
  const from = Math.max(leftPx, xOf(scale, span.fromMs))
  const width = Math.max(1, Math.min(widthPx, xOf(scale, span.toMs)) - from)
  return html`<rect class="${name}" x="${from}" y="0" width="${round(width)}" height="${heightPx}"/>`
}

function linePath({ atMs, value }: ReturnType<typeof pointsOf>, scale: Scale): string {
  let isDown = false
  return value
    .map((one, index) => {
      if (one === null) {
        isDown = false
        return ''
      }
      const step = `${isDown ? 'L' : 'M'}${xOf(scale, atMs[index] ?? 0)} ${yOf(scale, one)}`
      isDown = true
      return step
    })
    .join('')
}

function limitLines(limits: Limits, measure: Measure, scale: Scale): readonly Markup[] {
  return (['degraded', 'poor'] as const).map((name) => {
    const y = yOf(scale, limits[name])
    return html`<line class="limit-${name}" x1="${leftPx}" x2="${widthPx}" y1="${y}" y2="${y}"/>
<text class="limit-text limit-text-${name}" x="${widthPx - 4}" y="${name === 'poor' && measure.worse === 'lower' ? Math.min(heightPx - 2, y + 10) : Math.max(9, y - 3)}">${t(`class.${name}`)} ${measure.write(limits[name])}</text>`
  })
}
