import { getJson, isAbort } from '../api.ts'
import type { CallPage } from '../api-types.ts'
import { type LiveStream, openLive } from '../live.ts'
import { createStore, type Store } from '../store.ts'
import { now } from '../world.ts'
import { type CallBook, emptyBook, settled, withLive, withPage } from './call-book.ts'
import { type Filters, queryOf } from './filters.ts'

/** Rows per page: half a second of fast scrolling. */
const pageRows = 200

/** A list that was left this long ago is loaded anew: too much has happened to be told one by one. */
const keptMs = 10 * 60_000

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
  const put = (change: Partial<ListState>): void => state.set({ ...state.get(), ...change })

  const ask = async (kind: 'first' | 'more'): Promise<void> => {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    const cursor = kind === 'more' ? state.get().nextCursor : undefined
    put({ loading: kind, error: undefined })
    try {
      const page = await getJson<CallPage>('/api/calls', { ...query, limit: pageRows, cursor }, signal)
      const { calls: before } = state.get()
      put({ ...withPage(kind === 'more' ? state.get() : emptyBook, page), loading: undefined })
      if (kind === 'first' && before.length > 0) changes.set(changes.get() + 1)
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) put({ loading: undefined, error: error as Error })
    }
  }
  const reload = (): void => void ask('first')
  const latestFirst = filters.sort === 'started' && filters.order === 'desc'
  return {
    state,
    changes,
    reload,
    again: () => void ask(state.get().calls.length === 0 ? 'first' : 'more'),
    loadMore() {
      const { loading, nextCursor, error } = state.get()
      if (loading === undefined && error === undefined && nextCursor !== undefined) void ask('more')
    },
    settle() {
      if (latestFirst) put(settled(state.get()))
      else reload()
    },
    listen() {
      if (restingMs === undefined || now() - restingMs > keptMs) {
        put({ ...emptyBook })
        reload()
      }
      const resume = restingMs === undefined ? undefined : stream?.lastId
      stream = openLive(
        query,
        {
          calls(batch) {
            put(withLive(state.get(), batch, filters))
            changes.set(changes.get() + 1)
          },
          tick: ({ completeUntilMs }) => completeUntilMs === undefined || put({ completeUntilMs }),
          reset: reload,
        },
        resume,
      )
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
