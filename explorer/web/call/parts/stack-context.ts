import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Axis } from '../axis/axis.ts'
import type { Range } from '../axis/range.ts'
import type { Stack } from '../lanes/stack.ts'

export interface Lanes {
  readonly axis: Axis
  /** Undefined until the page has been laid out. */
  readonly stack: Stack | undefined
}

export const LanesContext = createContext<Lanes | undefined>(undefined)

export function useLanes(): Lanes {
  const lanes = useContext(LanesContext)
  if (lanes === undefined) throw new Error('lanes are drawn inside a timeline only')
  return lanes
}

/** How long the range must rest before tables and the address follow it. */
const restMs = 150

/** Calls back when dragging or zooming has come to rest. Returns how to stop. */
export function onRest(axis: Axis, rested: (axis: Axis) => void): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  const unwatch = axis.watch((change) => {
    if (change !== 'range') return
    clearTimeout(waiting)
    waiting = setTimeout(() => rested(axis), restMs)
  })
  return () => {
    clearTimeout(waiting)
    unwatch()
  }
}

/** The range shown, for what is dear to render: follows when dragging or zooming rests. */
export function useRestingRange(axis: Axis): Range {
  const [range, setRange] = useState(axis.range)
  useEffect(() => {
    setRange(axis.range)
    return onRest(axis, () => setRange(axis.range))
  }, [axis])
  return range
}
