import type { CallSamples } from '#explorer/web/api-types.ts'
import type { Limits, Measure } from './measures.ts'
import type { View } from './views.ts'

/** The limits a view's measure is judged by, where it is: a MOS without official values has none. */
export function limitsOf(
  { band, grounded }: View,
  measure: Measure,
  thresholds: CallSamples['thresholds'] | undefined,
): Limits | undefined {
  if (thresholds === undefined || (measure.name === 'mos' && !grounded)) return undefined
  return measure.limits(thresholds, band)
}
