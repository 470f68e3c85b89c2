/** A map of the most recently used entries: at least `max / 2`, at most `max`. What is forgotten is simply not known. */
export interface RecentMap<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/** Two generations, the older dropped when the younger is full: cheaper than moving an entry at each use. */
export function createRecentMap<Value>(max: number): RecentMap<Value> {
  const half = Math.max(1, Math.floor(max / 2))
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function set(key: string, value: Value): void {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    set,
    get(key) {
      const recent = young.get(key)
      if (recent !== undefined) return recent
      const known = old.get(key)
      if (known !== undefined) set(key, known)
      return known
    },
  }
}
