/** A priority queue by time. Equal times come out in the order in which they went in. */
export interface TimeHeap<T> {
  push(atMs: number, item: T): void
  /** The earliest item with its time, taken out. */
  pop(): { readonly atMs: number; readonly item: T } | undefined
  /** Time of the earliest item. */
  peekMs(): number | undefined
  size(): number
}

interface Entry<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** A binary heap: what waits is what is open now, never what is still to come. */
export function createTimeHeap<T>(): TimeHeap<T> {
  const entries: Entry<T>[] = []
  let order = 0

  function rise(entry: Entry<T>): void {
    let at = entries.length
    entries.push(entry)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = entries[parentAt]
      if (parent === undefined || !before(entry, parent)) break
      entries[at] = parent
      at = parentAt
    }
    entries[at] = entry
  }

  function sink(entry: Entry<T>): void {
    let at = 0
    for (;;) {
      const leftAt = 2 * at + 1
      const left = entries[leftAt]
      if (left === undefined) break
      const right = entries[leftAt + 1]
      const childAt = right !== undefined && before(right, left) ? leftAt + 1 : leftAt
      const child = childAt === leftAt ? left : (right ?? left)
      if (!before(child, entry)) break
      entries[at] = child
      at = childAt
    }
    entries[at] = entry
  }

  return {
    push: (atMs, item) => rise({ atMs, order: order++, item }),
    pop() {
      const first = entries[0]
      const last = entries.pop()
      if (first === undefined || last === undefined) return undefined
      if (entries.length > 0) sink(last)
      return { atMs: first.atMs, item: first.item }
    },
    peekMs: () => entries[0]?.atMs,
    size: () => entries.length,
  }
}
