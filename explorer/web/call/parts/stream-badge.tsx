import type { StreamSummary } from '#contracts/call-record.ts'
import { t } from '#explorer/web/messages.ts'
import { ClassBadge } from '#explorer/web/ui/badge.tsx'
import { Icon } from '#explorer/web/ui/icons.tsx'

/**
 * A stream's class. Where no packet came nothing was bad, and "good" would be read as praise: silence is said instead;
 * what it means for the call stands in the findings.
 */
export const StreamBadge = ({ stream }: { readonly stream: StreamSummary }) =>
  stream.packetsReceived === 0 ? (
    <span class="badge class-unclassified">
      <Icon name="unclassified" size={14} />
      {t('call.stream.silent')}
    </span>
  ) : (
    <ClassBadge class={stream.class} />
  )
