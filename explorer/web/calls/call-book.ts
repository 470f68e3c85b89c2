import type { CallListItem, CallPage, LiveCalls } from '../api-types.ts'
import type { Filters } from './filters.ts'

/** The rows that are known, in the order in which they are shown. Never changed, only replaced. */
export interface CallBook {
  readonly calls: readonly CallListItem[]
  /** Where the server goes on; undefined when everything is here. */
  readonly nextCursor: string | undefined
  /** New calls that are not shown yet, since they would move what is being read. */
  readonly waiting: readonly CallListItem[]
  /** Shown, but no longer among what is asked for: dimmed until the list is next put in order. */
  readonly gone: ReadonlySet<string>
  /** Version up to which each row was changed while it was shown: what lights up. */
  readonly lit: ReadonlyMap<string, number>
  readonly completeUntilMs: number | undefined
}

export const emptyBook: CallBook = {
  calls: [],
  nextCursor: undefined,
  waiting: [],
  gone: new Set(),
  lit: new Map(),
  completeUntilMs: undefined,
}

/** Most rows kept in the page, and most that wait. Who scrolls further should narrow the list instead. */
export const maxRows = 20_000
export const maxWaiting = 1_000

export const keyOf = ({ tenant, id }: { readonly tenant: string; readonly id: string }): string => `${tenant} ${id}`

/** The next page below. A call that moved between two pages is shown once. */
export function withPage(book: CallBook, { calls, nextCursor, completeUntilMs }: CallPage): CallBook {
  const known = new Set(book.calls.map(keyOf))
  const all = [...book.calls, ...calls.filter((call) => !known.has(keyOf(call)))]
  return {
    ...book,
    calls: all.slice(0, maxRows),
    nextCursor: all.length >= maxRows ? undefined : nextCursor,
    completeUntilMs: later(book.completeUntilMs, completeUntilMs),
  }
}

/** What was complete stays complete: an answer that was longer on its way does not put the time back. */
export function later(known: number | undefined, said: number | undefined): number | undefined {
  if (known === undefined || said === undefined) return known ?? said
  return Math.max(known, said)
}

/** What the server just said: rows change where they stand, new calls wait until they are shown. */
export function withLive(book: CallBook, batch: LiveCalls, { sort, order }: Pick<Filters, 'sort' | 'order'>): CallBook {
  const at = new Map(book.calls.map((call, row) => [keyOf(call), row]))
  const calls = [...book.calls]
  const lit = new Map(book.lit)
  const gone = new Set(book.gone)
  const waiting = new Map(book.waiting.map((call) => [keyOf(call), call]))
  const wait = (key: string, call: CallListItem): void => {
    const known = waiting.get(key)
    if (
      known === undefined ? belongs(call, book, sort === 'started' && order === 'desc') : known.version < call.version
    )
      waiting.set(key, call)
  }
  for (const call of batch.calls) {
    const key = keyOf(call)
    const row = at.get(key)
    if (row === undefined) wait(key, call)
    else {
      gone.delete(key)
      if (call.version <= (calls[row]?.version ?? -1)) continue
      calls[row] = call
      lit.set(key, call.version)
    }
  }
  for (const left of batch.gone) {
    const key = keyOf(left)
    waiting.delete(key)
    if (at.has(key)) gone.add(key)
  }
  return {
    ...book,
    calls,
    // What did not change stays the same object: a new one would be looked at, and drawn, anew.
    lit: sameMap(book.lit, lit) ? book.lit : lit,
    gone: book.gone.size === gone.size && [...gone].every((key) => book.gone.has(key)) ? book.gone : gone,
    waiting: [...waiting.values()].slice(-maxWaiting),
    completeUntilMs: later(book.completeUntilMs, batch.completeUntilMs),
  }
}

const sameMap = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
  a.size === b.size && [...b].every(([key, version]) => a.get(key) === version)

/** An older call that changed will come with its page, once that is asked for: it is not new. */
function belongs(call: CallListItem, { calls, nextCursor }: CallBook, latestFirst: boolean): boolean {
  const last = calls.at(-1)
  if (nextCursor === undefined || last === undefined) return true
  return latestFirst && call.startedMs >= last.startedMs
}

/** Puts in order: what waited is shown, latest first, and what no longer belongs is taken out. */
export function settled(book: CallBook): CallBook {
  if (book.waiting.length === 0 && book.gone.size === 0) return book
  const kept = book.calls.filter((call) => !book.gone.has(keyOf(call)))
  const calls = book.waiting.length === 0 ? kept : merged(book.waiting, kept)
  const lit = new Map([...book.lit, ...book.waiting.map((call) => [keyOf(call), call.version] as const)])
  return { ...book, calls: calls.slice(0, maxRows), waiting: [], gone: new Set(), lit }
}

const merged = (fresh: readonly CallListItem[], known: readonly CallListItem[]): readonly CallListItem[] =>
  [...fresh, ...known].sort((a, b) => b.startedMs - a.startedMs)

/** What was lit already when somebody looked before (`seen`) has been seen. */
export function dimmed<Book extends CallBook>(book: Book, seen: CallBook['lit']): Book {
  const lit = new Map([...book.lit].filter(([key, version]) => seen.get(key) !== version))
  return lit.size === book.lit.size ? book : { ...book, lit }
}
