import { getJson, isAbort } from '../api.ts'
import type { CallPage, LiveCalls } from '../api-types.ts'
import { type LiveHandlers, type LiveStream, openLive } from '../live.ts'
import { createStore, type Store } from '../store.ts'
import { now } from '../world.ts'
import { type CallBook, emptyBook, later, settled, withLive, withPage } from './call-book.ts'
import { type Filters, queryOf } from './filters.ts'

/** Rows per page: half a second of fast scrolling. */
const pageRows = 200

/** A list that was left this long ago is loaded anew: too much has happened to be told one by one. */
const keptMs = 10 * 60_000

/** Batches kept while a page is on its way. A server says one or two a second, and an answer takes 30 s at most. */
const maxHeld = 100

export interface ListState extends CallBook {
  readonly loading: 'first' | 'more' | undefined
  readonly error: Error | undefined
}

export interface CallList {
  readonly state: Store<ListState>
  /** Rises with every batch of live changes: what is counted from the calls is to be counted anew. */
  readonly changes: Store<number>
  loadMore(): void
  reload(): void
  /** Asks once more for what could not be loaded. */
  again(): void
  /** Shows what waits. Sorted otherwise than by start, only the server knows where it belongs. */
  settle(): void
  listen(): void
  rest(): void
}

/** The list behind an address: it outlives the page, so that going back finds it as it was. */
export function createCallList(filters: Filters): CallList {
  const query = queryOf(filters)
  const state = createStore<ListState>({ ...emptyBook, loading: undefined, error: undefined })
  const changes = createStore(0)
  let asking = new AbortController()
  let stream: LiveStream | undefined
  let restingMs: number | undefined
  /** There is a first page: before, nobody can say what is new. */
  let hasPage = false
  let failed: 'first' | 'more' | undefined
  /** Told while a page was on its way: that page may be older than what was told. */
  let held: LiveCalls[] = []
  const put = (change: Partial<ListState>): void => state.set({ ...state.get(), ...change })

  const take = (kind: 'first' | 'more', page: CallPage): void => {
    const { calls: before, completeUntilMs } = state.get()
    const book = withPage(kind === 'more' ? state.get() : { ...emptyBook, completeUntilMs }, page)
    hasPage = true
    put({ ...held.reduce((told, batch) => withLive(told, batch, filters), book), loading: undefined, error: undefined })
    if (kind === 'first' && before.length > 0) changes.set(changes.get() + 1)
  }
  const ask = async (kind: 'first' | 'more'): Promise<void> => {
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
  const reload = (): void => {
    put({ error: undefined })
    void ask('first')
  }
  const handlers: LiveHandlers = {
    calls(batch) {
      if (state.get().loading !== undefined && held.length <= maxHeld) held.push(batch)
      if (!hasPage) return
      put(withLive(state.get(), batch, filters))
      changes.set(changes.get() + 1)
    },
    tick({ completeUntilMs }) {
      put({ completeUntilMs: later(state.get().completeUntilMs, completeUntilMs) })
      // The server is there again. What went wrong stays in sight until there is something better.
      if (failed === 'first') void ask('first')
    },
    reset: reload,
  }
  const latestFirst = filters.sort === 'started' && filters.order === 'desc'
  return {
    state,
    changes,
    reload,
    again() {
      const kind = failed ?? 'first'
      put({ error: undefined })
      void ask(kind)
    },
    loadMore() {
      const { loading, nextCursor, error } = state.get()
      if (loading === undefined && error === undefined && nextCursor !== undefined) void ask('more')
    },
    settle() {
      if (latestFirst) put(settled(state.get()))
      else reload()
    },
    listen() {
      // Where nobody said from where to go on, nobody can tell what was missed either.
      const isKept = restingMs !== undefined && now() - restingMs <= keptMs && stream?.lastId !== undefined
      if (!isKept) {
        hasPage = false
        put({ ...emptyBook })
        reload()
      }
      stream = openLive(query, handlers, isKept ? stream?.lastId : undefined)
    },
    rest() {
      stream?.close()
      restingMs = now()
    },
  }
}

/** Lists of the addresses that were looked at last. */
const known = new Map<string, CallList>()
const maxKnown = 5

export function callListOf(address: string, filters: Filters): CallList {
  const list = known.get(address) ?? createCallList(filters)
  known.delete(address)
  known.set(address, list)
  const oldest = known.keys().next().value
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest)
  return list
}
