import { useRef, useState } from 'preact/hooks'
import { t } from '../messages.ts'
import { askSession } from '../session.ts'
import { keepToken } from '../session-token.ts'

interface TokenFormProps {
  readonly title: string
  /** Which heading it is in the order of its page. */
  readonly heading: 'h1' | 'h2'
  /** Why it is needed, and where it is found. */
  readonly why: string
}

/** A token by hand, for who did not come by an address that carries one. */
export function TokenForm({ title, heading: Heading, why }: TokenFormProps) {
  const input = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState<string>()
  const use = async (event: Event): Promise<void> => {
    event.preventDefault()
    keepToken(input.current?.value ?? '')
    const known = await askSession()
    // Where the token is enough, this form is gone by now.
    setSaid(known ? t('token.notEnough') : t('token.refused'))
  }
  return (
    <form class="state token" onSubmit={(event) => void use(event)}>
      <Heading class="state-title">{title}</Heading>
      <p>{why}</p>
      <label class="field">
        <span>{t('token.label')}</span>
        <input ref={input} type="password" autocomplete="off" required spellcheck={false} maxLength={500} />
      </label>
      {said !== undefined && <p role="alert">{said}</p>}
      <button type="submit" class="button button-main">
        {t('token.use')}
      </button>
      <p class="muted">{t('token.kept')}</p>
    </form>
  )
}
