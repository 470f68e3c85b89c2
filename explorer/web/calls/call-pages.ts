import { getJson, isAbort } from '../api.ts'
import type { CallPage, LiveCalls } from '../api-types.ts'
import type { Store } from '../store.ts'
import { type CallBook, emptyBook, withLive, withPage } from './call-book.ts'
import { type Filters, queryOf } from './filters.ts'

/** Rows per page: half a second of fast scrolling. */
const pageRows = 200

/** Batches kept while a page is on its way. A server says one or two a second, and an answer takes 30 s at most. */
const maxHeld = 100

export interface ListState extends CallBook {
  readonly loading: 'first' | 'more' | undefined
  readonly error: Error | undefined
}

/** The first page of a list, or the one after those that are there. */
type PageKind = 'first' | 'more'

export interface PagesParts {
  readonly filters: Filters
  readonly state: Store<ListState>
  readonly put: (change: Partial<ListState>) => void
  /** Another first page stands where one stood. */
  readonly replaced: () => void
}

/** Pages of a list, one on its way at a time. */
export interface Pages {
  ask(kind: PageKind): Promise<void>
  reload(): void
  /** Keeps what is told while a page is on its way: that page may be older than what is told. */
  hold(batch: LiveCalls): void
  /** There is a first page: before, nobody can say what is new. */
  hasFirst(): boolean
  forget(): void
  /** What could not be loaded. */
  failed(): PageKind | undefined
}

export function createPages({ filters, state, put, replaced }: PagesParts): Pages {
  const query = queryOf(filters)
  let asking = new AbortController()
  let hasFirst = false
  let failed: PageKind | undefined
  let held: LiveCalls[] = []

  function take(kind: PageKind, page: CallPage): void {
    const { calls: before, completeUntilMs } = state.get()
    const book = withPage(kind === 'more' ? state.get() : { ...emptyBook, completeUntilMs }, page)
    hasFirst = true
    put({ ...held.reduce((told, batch) => withLive(told, batch, filters), book), loading: undefined, error: undefined })
    if (kind === 'first' && before.length > 0) replaced()
  }

  async function ask(kind: PageKind): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    const cursor = kind === 'more' ? state.get().nextCursor : undefined
    held = []
    failed = undefined
    put({ loading: kind })
    try {
      const page = await getJson<CallPage>('/api/calls', { ...query, limit: pageRows, cursor }, signal)
      if (signal.aborted) return
      const tooMuch = held.length > maxHeld
      take(kind, page)
      if (tooMuch) reload()
    } catch (error) {
      if (signal.aborted || isAbort(error)) return
      failed = kind
      put({ loading: undefined, error: error as Error })
    }
  }

  function reload(): void {
    put({ error: undefined })
    void ask('first')
  }

  return {
    ask,
    reload,
    hold(batch) {
      if (state.get().loading !== undefined && held.length <= maxHeld) held.push(batch)
    },
    hasFirst: () => hasFirst,
    forget() {
      hasFirst = false
    },
    failed: () => failed,
  }
}
