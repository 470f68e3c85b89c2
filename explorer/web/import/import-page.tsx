import { useEffect, useRef, useState } from 'preact/hooks'
import { openLive } from '../live.ts'
import { t } from '../messages.ts'
import { session } from '../session.ts'
import { TokenForm } from '../shell/token-form.tsx'
import { useStore } from '../store.ts'
import { Icon } from '../ui/icons.tsx'
import { Skeleton } from '../ui/states.tsx'
import { dragging, dropped, takeDropped } from './dropped.ts'
import { importFiles, imports, maxFiles } from './imports.ts'
import { Report } from './report.tsx'

/** Brings a dump in, and leads to its call. */
export function ImportPage() {
  const who = useStore(session)
  useEffect(() => {
    document.title = `${t('import.title')} · callscope`
    // Nothing is asked of it but whether the server is there.
    const stream = openLive({ only: 'ticks' }, {})
    return () => stream.close()
  }, [])
  return (
    <div class="import">
      <h1>{t('import.title')}</h1>
      <p class="muted">{t('import.what')}</p>
      {who.type === 'unknown' && <Skeleton lines={1} height={200} />}
      {who.type === 'known' && !who.session.mayImport && (
        <TokenForm heading="h2" title={t('import.token')} why={t('import.token.why')} />
      )}
      {who.type === 'known' && who.session.mayImport && <Importing />}
    </div>
  )
}

function Importing() {
  const [tenant, setTenant] = useState('')
  const known = useStore(imports)
  const alone = useRef<number | undefined>(undefined)
  const fresh = useStore(dropped)
  useEffect(() => {
    const files = takeDropped()
    if (files.length === 0) return
    const ids = importFiles(files, tenant.trim() === '' ? undefined : tenant.trim())
    alone.current = ids.length === 1 ? ids[0] : undefined
  }, [fresh])
  return (
    <>
      <DropZone />
      <label class="field import-tenant">
        <span>{t('import.tenant')}</span>
        <input
          value={tenant}
          placeholder={t('import.tenant.default')}
          onInput={({ currentTarget }) => setTenant(currentTarget.value)}
          autocomplete="off"
          spellcheck={false}
          maxLength={100}
        />
      </label>
      <ul class="plain reports">
        {known.map((one) => (
          <Report key={one.id} one={one} goThere={one.id === alone.current} />
        ))}
      </ul>
    </>
  )
}

function DropZone() {
  const input = useRef<HTMLInputElement>(null)
  const over = useStore(dragging)
  return (
    <div class={`drop${over ? ' drop-over' : ''}`}>
      <Icon name="file" size={32} />
      <p class="state-title">{over ? t('import.letGo') : t('import.drop')}</p>
      <p class="muted">{t('import.formats')}</p>
      <button type="button" class="button button-main" onClick={() => input.current?.click()}>
        {t('import.choose')}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        class="visually-hidden"
        tabIndex={-1}
        aria-label={t('import.choose')}
        onChange={({ currentTarget }) => {
          dropped.set([...(currentTarget.files ?? [])])
          currentTarget.value = ''
        }}
      />
      <p class="muted drop-small">{t('import.most', { n: maxFiles })}</p>
    </div>
  )
}
