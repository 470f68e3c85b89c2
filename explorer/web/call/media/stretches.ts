import { degradedBits, intervalMask, measureBits, poorBits } from '#contracts/interval-mask.ts'
import type { Range } from '../axis/range.ts'
import type { Columns, MeasureName } from './columns.ts'
import { seamMs } from './points.ts'

/**
 * How an interval was: as bad as its worst measure; observed without a packet; seen by somebody who cannot know what
 * arrived; before the answer; unjudged minutes.
 */
export type Condition = 'good' | 'degraded' | 'poor' | 'silent' | 'blind' | 'early' | 'unjudged'

export interface Stretch extends Range {
  readonly condition: Condition
}

export function conditionOf(mask: number): Condition {
  if ((mask & intervalMask.early) !== 0) return 'early'
  if ((mask & poorBits) !== 0) return 'poor'
  if ((mask & degradedBits) !== 0) return 'degraded'
  return (mask & intervalMask.media) === 0 ? 'silent' : 'good'
}

/** As above, for an observer that counts no arrivals: to a sender's own report everything looks silent, and nothing is. */
export const conditionFor = (countsArrivals: boolean): ((mask: number) => Condition) =>
  countsArrivals
    ? conditionOf
    : (mask) => {
        const condition = conditionOf(mask)
        return condition === 'silent' ? 'blind' : condition
      }

/** Bad by one measure alone, as shaded in that measure's own lane. Early media is shown, not judged. */
function conditionBy(measure: MeasureName): (mask: number) => Condition {
  const { degraded, poor } = measureBits[measure]
  return (mask) => {
    if ((mask & intervalMask.early) !== 0) return 'early'
    if ((mask & poor) !== 0) return 'poor'
    return (mask & degraded) !== 0 ? 'degraded' : 'good'
  }
}

/** What a view was like from its first to its last interval: one stretch per change, holes left out. */
export function stretchesOf(
  columns: Columns,
  condition: (mask: number) => Condition = conditionOf,
): readonly Stretch[] {
  const { startMs, endMs, mask } = columns
  const stretches: { fromMs: number; toMs: number; condition: Condition }[] = []
  for (let index = 0; index < endMs.length; index++) {
    const [fromMs = 0, toMs = 0] = [startMs[index], endMs[index]]
    const is = mask === undefined ? 'unjudged' : condition(mask[index] ?? 0)
    const last = stretches.at(-1)
    if (last !== undefined && last.condition === is && fromMs - last.toMs <= seamMs)
      last.toMs = Math.max(last.toMs, toMs)
    else stretches.push({ fromMs, toMs, condition: is })
  }
  return stretches
}

export const badStretches = (columns: Columns, measure: MeasureName): readonly Stretch[] =>
  stretchesOf(columns, conditionBy(measure)).filter(({ condition }) => condition === 'poor' || condition === 'degraded')

/** The longest time that one measure stayed at least as bad as `severity`: what a reason's button leads to. */
export function worstStretch(columns: Columns, measure: MeasureName, severity: 'degraded' | 'poor'): Range | undefined {
  const bit = measureBits[measure][severity]
  const isBad = (mask: number): Condition =>
    (mask & bit) !== 0 && (mask & intervalMask.early) === 0 ? severity : 'good'
  const bad = stretchesOf(columns, isBad).filter(({ condition }) => condition === severity)
  return bad.reduce<Stretch | undefined>(
    (worst, one) => (worst === undefined || one.toMs - one.fromMs > worst.toMs - worst.fromMs ? one : worst),
    undefined,
  )
}
