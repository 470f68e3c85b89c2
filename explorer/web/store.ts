import { useEffect, useState } from 'preact/hooks'

/** One value that parts of the page watch. */
export interface Store<T> {
  get(): T
  set(next: T): void
  /** Returns how to stop watching. */
  watch(seen: (value: T) => void): () => void
}

export function createStore<T>(first: T): Store<T> {
  let value = first
  const watchers = new Set<(value: T) => void>()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const seen of [...watchers]) seen(value)
    },
    watch(seen) {
      watchers.add(seen)
      return () => watchers.delete(seen)
    },
  }
}

/** The value now, and a new rendering whenever it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, render] = useState({})
  useEffect(() => store.watch(() => render({})), [store])
  return store.get()
}
