import { duration, timeSpan } from '../format.ts'
import { t } from '../messages.ts'
import type { Span } from './blind.ts'

/** More of them are one trouble, and the first say enough of it. */
const maxListed = 5

/** Says when the page could not know, so that nobody takes our silence for quiet lines. */
export function BlindNote({ spans }: { readonly spans: readonly Span[] }) {
  if (spans.length === 0) return null
  const totalMs = spans.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0)
  const times = spans.slice(-maxListed).map(({ fromMs, untilMs }) => timeSpan(fromMs, untilMs))
  return (
    <p class="now-blind" role="status">
      <span class="swatch swatch-blind" aria-hidden="true" />
      <strong>{t('now.blind', { length: duration(totalMs) })}</strong> {times.join(', ')}{' '}
      <span class="muted">{t('now.blind.why')}</span>
    </p>
  )
}
