import { t } from '#explorer/web/messages.ts'
import { announce } from '#explorer/web/ui/announce.tsx'

interface CopyProps {
  readonly text: string
  /** What is copied, for those who cannot see beside what the button stands. */
  readonly what: string
  readonly wide?: boolean
}

export function CopyButton({ text, what, wide = false }: CopyProps) {
  const copy = (): void => {
    // Only secure pages may copy; loopback counts as one, a name in a private network without TLS does not.
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))
    done.then(
      () => announce(t('call.copied')),
      () => announce(t('call.copyFailed')),
    )
  }
  return (
    <button type="button" class={wide ? 'button' : 'copy'} aria-label={t('call.copy.what', { what })} onClick={copy}>
      {t('call.copy')}
    </button>
  )
}
