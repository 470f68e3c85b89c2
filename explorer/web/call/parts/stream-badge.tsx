import type { StreamSummary } from '#contracts/call-record.ts'
import { t } from '#explorer/web/messages.ts'
import { ClassBadge } from '#explorer/web/ui/badge.tsx'
import { Icon } from '#explorer/web/ui/icons.tsx'
import { saysNothing } from '../media/views.ts'

/**
 * A stream's class. Where no packet came, or nothing was said of quality, nothing was bad, and "good" would be read as
 * praise: that is said instead. What silence means for the call stands in the findings.
 */
export function StreamBadge({ stream }: { readonly stream: StreamSummary }) {
  if (stream.packetsReceived === 0) return <PlainBadge text={t('call.stream.silent')} />
  return saysNothing(stream) ? <PlainBadge text={t('call.stream.blind')} /> : <ClassBadge class={stream.class} />
}

const PlainBadge = ({ text }: { readonly text: string }) => (
  <span class="badge class-unclassified">
    <Icon name="unclassified" size={14} />
    {text}
  </span>
)
