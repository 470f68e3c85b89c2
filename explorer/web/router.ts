import { addressWith, queryOfAddress } from './private-query.ts'
import { createStore } from './store.ts'

/** Where the viewer is. Everything that can be shared or gone back to is in here. */
export interface Place {
  readonly path: string
  readonly query: string
}

/** `go` by a link or by code; `back` and forward by the browser. Scrolling is restored only in the latter. */
export type Move = 'first' | 'go' | 'replace' | 'back'

const here = (): Place => ({ path: location.pathname, query: queryOfAddress(location.search, location.hash) })

export const place = createStore<Place>({ path: '/', query: '' })
let lastMove: Move = 'first'
export const howWeCame = (): Move => lastMove

/** Goes to an address of ours. `replace` leaves no history entry: for what changes while typing or dragging. */
export function go(href: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (href === location.pathname + location.search + location.hash) return
  if (!replace) rememberScroll()
  lastMove = replace ? 'replace' : 'go'
  if (replace) history.replaceState(history.state, '', href)
  else history.pushState({}, '', href)
  place.set(here())
}

/** How far down the page was when the viewer left this history entry. */
export const rememberedScroll = (): number => Number((history.state as { scroll?: unknown } | null)?.scroll ?? 0) || 0

function rememberScroll(): void {
  history.replaceState({ ...(history.state as object | null), scroll: Math.round(scrollY) }, '')
}

export function startRouter(): void {
  // Ours: the browser's would scroll before a list that is drawn by rows has its height.
  history.scrollRestoration = 'manual'
  place.set(here())
  hideSearch()
  addEventListener('popstate', () => {
    lastMove = 'back'
    place.set(here())
  })
  let waiting = 0
  addEventListener('scroll', () => {
    clearTimeout(waiting)
    waiting = setTimeout(rememberScroll, 150)
  })
  document.addEventListener('click', followLink)
}

/** A link from before has what was searched for in its query: it goes no further from here. */
function hideSearch(): void {
  if (!new URLSearchParams(location.search).has('q')) return
  const { path, query } = place.get()
  history.replaceState(history.state, '', addressWith(path, new URLSearchParams(query)))
}

/** Plain clicks on links of ours stay in the page; new tabs, downloads and foreign links are the browser's. */
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return
  if (link.pathname.startsWith('/api/')) return
  event.preventDefault()
  const anchor = link.getAttribute('href') ?? ''
  // Within the page: what stands after "#" in the address stays, because a search may.
  if (anchor.startsWith('#')) document.getElementById(anchor.slice(1))?.focus()
  else go(link.pathname + link.search + link.hash)
}

export type Route =
  | { readonly type: 'calls' }
  | { readonly type: 'call'; readonly id: string; readonly tenant: string | undefined }
  | { readonly type: 'now' }
  | { readonly type: 'import' }
  | { readonly type: 'unknown' }

export function routeOf({ path, query }: Place): Route {
  if (path === '/' || path === '/calls') return { type: 'calls' }
  if (path === '/now') return { type: 'now' }
  if (path === '/import') return { type: 'import' }
  const id = /^\/calls\/([^/]+)\/?$/.exec(path)?.[1]
  if (id === undefined) return { type: 'unknown' }
  return { type: 'call', id: decoded(id), tenant: new URLSearchParams(query).get('tenant') ?? undefined }
}

/** A broken escape is part of the id then: it will name no call. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const callAddress = ({ id, tenant }: { readonly id: string; readonly tenant: string }): string =>
  `/calls/${encodeURIComponent(id)}?${new URLSearchParams({ tenant })}`
