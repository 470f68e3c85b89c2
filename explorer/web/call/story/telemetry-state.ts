import type { WholeCall } from '#contracts/warehouse.ts'
import { t } from '#explorer/web/messages.ts'

/** What could not be read of logs and spans, in words: that none are shown must not read as if there were none. */
export function telemetryNotes({ telemetry }: WholeCall): readonly string[] {
  const { logs, spans, logsWhy = 'failed', spansWhy = 'failed' } = telemetry
  return [
    ...(logs === 'unavailable' ? [t('call.logsUnavailable', { why: t(`call.unavailable.${logsWhy}`) })] : []),
    ...(spans === 'unavailable' ? [t('call.spansUnavailable', { why: t(`call.unavailable.${spansWhy}`) })] : []),
  ]
}
