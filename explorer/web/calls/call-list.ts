import { type LiveHandlers, type LiveStream, openLive } from '../live.ts'
import { createStore, type Store } from '../store.ts'
import { now } from '../world.ts'
import { emptyBook, later, settled, withLive } from './call-book.ts'
import { createPages, type ListState } from './call-pages.ts'
import { type Filters, queryOf } from './filters.ts'

/** A list that was left this long ago is loaded anew: too much has happened to be told one by one. */
const keptMs = 10 * 60_000

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
  const state = createStore<ListState>({ ...emptyBook, loading: undefined, error: undefined })
  const changes = createStore(0)
  const put = (change: Partial<ListState>): void => state.set({ ...state.get(), ...change })
  const change = (): void => changes.set(changes.get() + 1)
  const pages = createPages({ filters, state, put, replaced: change })
  let stream: LiveStream | undefined
  let restingMs: number | undefined

  const handlers: LiveHandlers = {
    calls(batch) {
      pages.hold(batch)
      if (!pages.hasFirst()) return
      put(withLive(state.get(), batch, filters))
      change()
    },
    tick({ completeUntilMs }) {
      put({ completeUntilMs: later(state.get().completeUntilMs, completeUntilMs) })
      // The server is there again. What went wrong stays in sight until there is something better.
      if (pages.failed() === 'first') void pages.ask('first')
    },
    reset: pages.reload,
  }
  const latestFirst = filters.sort === 'started' && filters.order === 'desc'
  return {
    state,
    changes,
    reload: pages.reload,
    again() {
      const kind = pages.failed() ?? 'first'
      put({ error: undefined })
      void pages.ask(kind)
    },
    loadMore() {
      const { loading, nextCursor, error } = state.get()
      if (loading === undefined && error === undefined && nextCursor !== undefined) void pages.ask('more')
    },
    settle() {
      if (latestFirst) put(settled(state.get()))
      else pages.reload()
    },
    listen() {
      // Where nobody said from where to go on, nobody can tell what was missed either.
      const isKept = restingMs !== undefined && now() - restingMs <= keptMs && stream?.lastId !== undefined
      if (!isKept) {
        pages.forget()
        put({ ...emptyBook })
        pages.reload()
      }
      stream = openLive(queryOf(filters), handlers, isKept ? stream?.lastId : undefined)
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
