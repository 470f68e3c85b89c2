import { useRef, useState } from 'preact/hooks'
import { t } from '../messages.ts'
import { addressWith } from '../private-query.ts'
import { go, place } from '../router.ts'
import { Icon } from '../ui/icons.tsx'

/** Shorter texts match too much to be worth a search; the server refuses them. */
const shortest = 3

/** One box for everything a call can be found by. On the list it narrows what is there; elsewhere it searches all. */
export function SearchBox({ onCalls }: { readonly onCalls: boolean }) {
  const [short, setShort] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const search = (typed: string): void => {
    const text = typed.trim()
    const tooShort = text !== '' && text.length < shortest
    setShort(tooShort)
    if (!tooShort) go(searchAddress(text, onCalls))
  }
  const q = onCalls ? (new URLSearchParams(place.get().query).get('q') ?? '') : ''
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          search(input.current?.value ?? '')
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          name="q"
          defaultValue={q}
          placeholder={t('search.placeholder')}
          aria-label={t('search.label')}
          aria-invalid={short}
          aria-describedby={short ? 'search-short' : undefined}
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          // Browsers say so when the box is cleared by its cross.
          onSearch={({ currentTarget }) => currentTarget.value === '' && search('')}
        />
        {short && (
          <span id="search-short" class="search-short" role="alert">
            {t('search.short')}
          </span>
        )}
      </form>
    </search>
  )
}

function searchAddress(text: string, onCalls: boolean): string {
  const query = new URLSearchParams(onCalls ? place.get().query : '')
  query.delete('q')
  if (text !== '') query.set('q', text)
  return addressWith('/', query)
}
