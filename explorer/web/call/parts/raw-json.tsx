import { useMemo, useState } from 'preact/hooks'
import type { WholeCall } from '#contracts/warehouse.ts'
import { t } from '#explorer/web/messages.ts'
import { downloadFile, fileStem } from '../export/download.ts'
import { CopyButton } from './copy-button.tsx'

/** Text beyond this makes browsers slow to scroll; copying and downloading still give all of it. */
const maxShownChars = 200_000

export function RawJson({ whole }: { readonly whole: WholeCall }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="panel raw" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('call.raw')}</summary>
      {isOpen && <RawText whole={whole} />}
    </details>
  )
}

function RawText({ whole }: { readonly whole: WholeCall }) {
  const text = useMemo(() => JSON.stringify(whole, undefined, 2), [whole])
  return (
    <div class="raw-body">
      <div class="raw-actions">
        <CopyButton text={text} what={t('call.raw')} wide />
        <button
          type="button"
          class="button"
          onClick={() => downloadFile(`${fileStem(whole.record)}.json`, 'application/json', text)}
        >
          {t('call.raw.download')}
        </button>
      </div>
      {text.length > maxShownChars && <p class="muted">{t('call.raw.long')}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <pre class="code" tabIndex={0}>
        {text.slice(0, maxShownChars)}
      </pre>
    </div>
  )
}
