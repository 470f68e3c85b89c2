import type { Range } from '../axis/range.ts'
import type { Columns } from './columns.ts'

/** Reports come late by this much under load; a longer hole was simply not measured (quality/spans.ts has the same). */
const toleratedMs = 2_000

/**
 * Where a measure ought to be known and is not: holes between samples, samples that do not state it, and whatever is
 * missing at the ends of the time in which it was to be expected.
 */
export function unknownSpans({ startMs, endMs }: Columns, values: Float64Array, expected: Range): readonly Range[] {
  const spans: Range[] = []
  let knownToMs = expected.fromMs
  const hole = (toMs: number): void => {
    if (toMs - knownToMs > toleratedMs) spans.push({ fromMs: knownToMs, toMs })
  }
  for (let index = 0; index < values.length; index++) {
    if (Number.isNaN(values[index])) continue
    hole(Math.min(startMs[index] ?? 0, expected.toMs))
    knownToMs = Math.max(knownToMs, endMs[index] ?? 0)
  }
  hole(expected.toMs)
  return spans
}
