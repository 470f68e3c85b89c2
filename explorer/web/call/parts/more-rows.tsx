import { useState } from 'preact/hooks'
import { t } from '#explorer/web/messages.ts'

/** Rows rendered at once: a table of thousands would make every zoom wait for it. */
const pageRows = 100

export function useShown<Row>(rows: readonly Row[]) {
  const [most, setMost] = useState(pageRows)
  return { shown: rows.slice(0, most), left: Math.max(0, rows.length - most), more: () => setMost(most + 5 * pageRows) }
}

export const MoreRows = ({ left, more }: { readonly left: number; readonly more: () => void }) =>
  left === 0 ? null : (
    <button type="button" class="button button-quiet" onClick={more}>
      {t('call.more', { n: left })}
    </button>
  )
