import { clockSeconds } from '#explorer/web/format.ts'
import { t } from '#explorer/web/messages.ts'
import type { Measure } from '../media/measures.ts'
import { type MeasureSummary, summaryOf } from '../media/summary.ts'
import type { View } from '../media/views.ts'
import { toldDuration } from './figures.ts'

/** A chart in words, for those who hear the page: "0 % to 12 %, mean 3 %; worst from 10:00:05 for 41 s". */
export function chartSummary(view: View, measure: Measure): string {
  const summary = summaryOf(view.columns, measure.name)
  return summary === undefined ? t('word.unknown') : summaryText(summary, measure)
}

export function summaryText({ least, greatest, mean, worst }: MeasureSummary, { write }: Measure): string {
  const range = t('call.summary.range', { least: write(least), greatest: write(greatest), mean: write(mean) })
  if (worst === undefined) return `${range} ${t('call.summary.neverBad')}`
  const text = t('call.summary.worst', {
    at: clockSeconds(worst.fromMs),
    time: toldDuration(worst.toMs - worst.fromMs),
  })
  return `${range} ${text}`
}
