import { t } from '../messages.ts'
import { place, type Route } from '../router.ts'
import { session } from '../session.ts'
import { useStore } from '../store.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Connection } from './connection.tsx'
import { SearchBox } from './search-box.tsx'
import { Settings } from './settings.tsx'

export function Header({ route }: { readonly route: Route }) {
  const who = useStore(session)
  const demo = who.type === 'known' && who.session.demo
  return (
    <header class="header">
      <a class="brand" href="/">
        <Mark />
        <span>callscope</span>
      </a>
      <nav class="nav" aria-label={t('shell.navigation')}>
        <NavLink href="/" icon="calls" text={t('shell.calls')} here={route.type === 'calls'} />
        <NavLink href="/now" icon="now" text={t('shell.now')} here={route.type === 'now'} />
        <NavLink href="/import" icon="import" text={t('shell.import')} here={route.type === 'import'} />
      </nav>
      <SearchBox key={useStore(place).query} onCalls={route.type === 'calls'} />
      <div class="header-end">
        {demo && (
          <span class="tag" title={t('shell.demo.why')}>
            {t('shell.demo')}
          </span>
        )}
        <Connection />
        <Settings />
      </div>
    </header>
  )
}

interface NavLinkProps {
  readonly href: string
  readonly icon: IconName
  readonly text: string
  readonly here: boolean
}

const NavLink = ({ href, icon, text, here }: NavLinkProps) => (
  <a class="nav-link" href={href} aria-current={here ? 'page' : undefined}>
    <Icon name={icon} />
    {text}
  </a>
)

/** A trace that dips and recovers: what the product looks for. */
const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <rect x="1" y="1" width="22" height="22" rx="6" />
    <path d="M4.5 9.5h4l2 6 3-9.5 2.2 6.5h3.8" />
  </svg>
)
