import { clamped, isSame, type Range } from './range.ts'

/** What moved: which part of the page has to follow. */
export type AxisChange = 'range' | 'cursor' | 'lit'

/**
 * The one time axis of the page. Lanes do not know each other, they all follow this. Kept outside of components: a
 * mouse that moves must not render anything.
 */
export interface Axis {
  readonly range: Range
  /** All there is to see. */
  readonly bounds: Range
  /** Where "reset" leads: from the call's start to its end. */
  readonly home: Range
  readonly cursorMs: number | undefined
  /** The lane that evidence points at. */
  readonly litLane: string | undefined
  show(range: Range): void
  point(atMs: number | undefined): void
  light(lane: string | undefined): void
  /** The call went on: new bounds. A viewer who looked at all of it goes along; one who zoomed in is left alone. */
  extend(bounds: Range, home: Range): void
  watch(seen: (change: AxisChange) => void): () => void
}

export function createAxis(first: { readonly bounds: Range; readonly home: Range; readonly range?: Range }): Axis {
  let { bounds, home } = first
  let range = clamped(first.range ?? home, bounds)
  let cursorMs: number | undefined
  let litLane: string | undefined
  const watchers = new Set<(change: AxisChange) => void>()
  const tell = (change: AxisChange): void => {
    for (const seen of [...watchers]) seen(change)
  }
  return {
    get range() {
      return range
    },
    get bounds() {
      return bounds
    },
    get home() {
      return home
    },
    get cursorMs() {
      return cursorMs
    },
    get litLane() {
      return litLane
    },
    show(next) {
      const within = clamped(next, bounds)
      if (isSame(within, range)) return
      range = within
      tell('range')
    },
    point(atMs) {
      if (atMs === cursorMs) return
      cursorMs = atMs
      tell('cursor')
    },
    light(lane) {
      if (lane === litLane) return
      litLane = lane
      tell('lit')
    },
    extend(nextBounds, nextHome) {
      const sawAll = isSame(range, clamped(home, bounds))
      bounds = nextBounds
      home = nextHome
      range = clamped(sawAll ? home : range, bounds)
      tell('range')
    },
    watch(seen) {
      watchers.add(seen)
      return () => watchers.delete(seen)
    },
  }
}
