import type { Range } from '../axis/range.ts'
import { lengthOf } from '../axis/range.ts'
import type { Columns, MeasureName } from './columns.ts'
import { badStretches } from './stretches.ts'

/** One measure of one view in five numbers: what a chart shows, for those who cannot see it and for the printed page. */
export interface MeasureSummary {
  readonly least: number
  readonly greatest: number
  /** Weighted by time. */
  readonly mean: number
  readonly knownMs: number
  readonly badMs: number
  readonly worst: Range | undefined
}

/** Undefined where the measure is not known at all. */
export function summaryOf(columns: Columns, measure: MeasureName): MeasureSummary | undefined {
  const values = columns.values[measure]
  let [least, greatest, weighted, knownMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const ms = (columns.endMs[index] ?? 0) - (columns.startMs[index] ?? 0)
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
    weighted += value * ms
    knownMs += ms
  }
  if (least > greatest) return undefined
  const bad = badStretches(columns, measure)
  const worst = bad.reduce<Range | undefined>(
    (longest, one) => (longest === undefined || lengthOf(one) > lengthOf(longest) ? one : longest),
    undefined,
  )
  const badMs = bad.reduce((sum, one) => sum + lengthOf(one), 0)
  return { least, greatest, mean: knownMs > 0 ? weighted / knownMs : least, knownMs, badMs, worst }
}
