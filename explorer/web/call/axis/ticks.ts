import { lengthOf, type Range } from './range.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Steps at which clocks are read. */
const steps = [
  ...[100, 200, 500],
  ...[second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second],
  ...[minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute],
  ...[hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day],
]

/** Room that one written time needs, with air. */
const labelPx = 84

export interface Ticks {
  readonly stepMs: number
  readonly atMs: readonly number[]
}

/** Round times of the viewer's clock. `zoneMs`: how far that clock is ahead of UTC. */
export function ticksOf(range: Range, widthPx: number, zoneMs: number): Ticks {
  const most = Math.max(1, Math.floor(widthPx / labelPx))
  const stepMs = steps.find((step) => lengthOf(range) / step <= most) ?? Math.ceil(lengthOf(range) / most / day) * day
  const first = Math.ceil((range.fromMs + zoneMs) / stepMs) * stepMs - zoneMs
  const count = Math.max(0, Math.floor((range.toMs - first) / stepMs) + 1)
  return { stepMs, atMs: Array.from({ length: count }, (_, index) => first + index * stepMs) }
}
