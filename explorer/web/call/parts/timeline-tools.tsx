import { timeSpan } from '#explorer/web/format.ts'
import { t } from '#explorer/web/messages.ts'
import type { Axis } from '../axis/axis.ts'
import { isSame, lengthOf, panned, zoomed } from '../axis/range.ts'
import { useRestingRange } from './stack-context.ts'

/** Zoom and pan for those who neither drag nor know the keys. */
export function TimelineTools({ axis }: { readonly axis: Axis }) {
  const range = useRestingRange(axis)
  const zoom = (factor: number): void => {
    const { fromMs, toMs } = axis.range
    axis.show(zoomed(axis.range, factor, (fromMs + toMs) / 2, axis.bounds))
  }
  const pan = (share: number): void => axis.show(panned(axis.range, share * lengthOf(axis.range), axis.bounds))
  return (
    <div class="timeline-tools">
      <span class="muted timeline-shown">{t('call.timeline.shown', { span: timeSpan(range.fromMs, range.toMs) })}</span>
      <Tool text="←" label={t('call.timeline.earlier')} act={() => pan(-0.3)} />
      <Tool text="→" label={t('call.timeline.later')} act={() => pan(0.3)} />
      <Tool text="+" label={t('call.timeline.zoomIn')} act={() => zoom(0.5)} />
      <Tool text="−" label={t('call.timeline.zoomOut')} act={() => zoom(2)} />
      <button
        type="button"
        class="button"
        disabled={isSame(range, axis.home)}
        onClick={() => {
          axis.show(axis.home)
          axis.light(undefined)
        }}
      >
        {t('call.timeline.all')}
      </button>
    </div>
  )
}

const Tool = ({ text, label, act }: { readonly text: string; readonly label: string; readonly act: () => void }) => (
  <button type="button" class="button tool" aria-label={label} title={label} onClick={act}>
    {text}
  </button>
)
