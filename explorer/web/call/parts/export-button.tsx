import { t } from '#explorer/web/messages.ts'
import { session } from '#explorer/web/session.ts'
import { now } from '#explorer/web/world.ts'
import { downloadFile, fileStem } from '../export/download.ts'
import type { CallAnswer } from '../load-call.ts'
import type { View } from '../media/views.ts'

interface ExportProps {
  readonly answer: CallAnswer
  readonly views: readonly View[]
}

/** The report's own code comes only when somebody wants a report. */
export function ExportButton({ answer: { whole, samples }, views }: ExportProps) {
  const save = async (): Promise<void> => {
    const { callReport } = await import('../export/call-report.ts')
    const known = session.get()
    const version = known.type === 'known' ? known.session.version : '?'
    const text = callReport({ whole, samples, views, madeAtMs: now(), version })
    downloadFile(`${fileStem(whole.record)}.html`, 'text/html', text)
  }
  return (
    <button type="button" class="button" title={t('call.export.why')} onClick={() => void save()}>
      {t('call.export')}
    </button>
  )
}
