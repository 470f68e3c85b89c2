import { Component, type ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { CallsPage } from '../calls/calls-page.tsx'
import { language } from '../language.ts'
import { t } from '../messages.ts'
import { howWeCame, place, type Route, routeOf } from '../router.ts'
import { session } from '../session.ts'
import { useStore } from '../store.ts'
import { Announcer } from '../ui/announce.tsx'
import { Empty, Failure } from '../ui/states.tsx'
import { Header } from './header.tsx'
import { lazy } from './lazy.tsx'
import { TokenForm } from './token-form.tsx'

const CallPage = lazy(async () => (await import('../call/call-page.tsx')).default)
const NowPage = lazy(async () => (await import('../now/now-page.tsx')).NowPage)
const ImportPage = lazy(async () => (await import('../import/import-page.tsx')).ImportPage)

export function App() {
  const route = routeOf(useStore(place))
  const spoken = useStore(language)
  const who = useStore(session)
  const main = useRef<HTMLElement>(null)
  const page = pageKey(route)
  useArrival(page, main)
  return (
    <>
      <a class="skip" href="#main">
        {t('shell.skip')}
      </a>
      <Header route={route} />
      <main id="main" ref={main} tabIndex={-1} class={`page page-${route.type}`}>
        {/* The key: another page or another language begins anew. */}
        <Fence key={`${page} ${spoken} ${who.type === 'refused'}`}>
          {who.type === 'refused' ? (
            <TokenForm heading="h1" title={t('token.needed')} why={`${who.because}. ${t('token.why')}`} />
          ) : (
            <Page route={route} />
          )}
        </Fence>
      </main>
      <Announcer />
    </>
  )
}

const pageKey = (route: Route): string => (route.type === 'call' ? `call ${route.tenant} ${route.id}` : route.type)

function Page({ route }: { readonly route: Route }) {
  if (route.type === 'calls') return <CallsPage />
  if (route.type === 'call') return <CallPage id={route.id} tenant={route.tenant} />
  if (route.type === 'now') return <NowPage />
  if (route.type === 'import') return <ImportPage />
  return (
    <Empty title={t('state.notFound')}>
      <a href="/">{t('state.notFound.lead')}</a>
    </Empty>
  )
}

/** After a page was changed: the title, and for the keyboard the top of the new page instead of a link that is gone. */
function useArrival(page: string, main: { readonly current: HTMLElement | null }): void {
  const first = useRef(true)
  useEffect(() => {
    if (!first.current && howWeCame() === 'go') {
      main.current?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    first.current = false
  }, [page])
}

/** A mistake in one page leaves the rest standing, and says so. */
class Fence extends Component<{ children: ComponentChildren }, { error?: Error }> {
  static override getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return (
      <Failure error={new Error(`${t('state.crashed')}. ${t('state.crashed.why')}`)} retry={() => location.reload()} />
    )
  }
}
