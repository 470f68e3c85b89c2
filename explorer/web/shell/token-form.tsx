import { useRef, useState } from 'preact/hooks'
import { t } from '../messages.ts'
import { askSession } from '../session.ts'
import { keepToken } from '../session-token.ts'

interface TokenFormProps {
  readonly title: string
  readonly because?: string | undefined
}

/** A token by hand, for who did not come by an address that carries one. */
export function TokenForm({ title, because }: TokenFormProps) {
  const input = useRef<HTMLInputElement>(null)
  const [refused, setRefused] = useState(false)
  const use = async (event: Event): Promise<void> => {
    event.preventDefault()
    keepToken(input.current?.value ?? '')
    setRefused(!(await askSession()))
  }
  return (
    <form class="state token" onSubmit={(event) => void use(event)}>
      <p class="state-title">{title}</p>
      {because !== undefined && <p>{because}</p>}
      <p>{t('token.why')}</p>
      <label class="field">
        <span>{t('token.label')}</span>
        <input ref={input} type="password" autocomplete="off" required spellcheck={false} maxLength={500} />
      </label>
      {refused && <p role="alert">{t('token.refused')}</p>}
      <button type="submit" class="button button-main">
        {t('token.use')}
      </button>
      <p class="muted">{t('token.kept')}</p>
    </form>
  )
}
