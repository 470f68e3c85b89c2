import { useRef, useState } from 'preact/hooks'
import { barAt, type Selection } from './strip-bars.ts'

interface Selecting {
  readonly at: number | undefined
  readonly selection: Selection | undefined
}

const nothing: Selecting = { at: undefined, selection: undefined }

/**
 * Choosing bars, by pointer or by keyboard: dragging or Shift with arrows selects, letting go or Enter takes it. On a
 * touch screen a finger drags too, while scrolling up and down stays the page's.
 */
export function useSelection(bars: number, take: (selection: Selection) => void) {
  const [state, setState] = useState(nothing)
  const dragFrom = useRef<number | undefined>(undefined)
  const barOf = (event: PointerEvent): number => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect()
    return barAt(event.clientX - left, width, bars)
  }
  const finish = (selection: Selection | undefined): void => {
    setState(nothing)
    if (selection !== undefined) take(selection)
  }
  return {
    ...state,
    on: {
      onPointerDown(event: PointerEvent) {
        if (event.button !== 0) return
        ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
        dragFrom.current = barOf(event)
        setState({ at: dragFrom.current, selection: undefined })
      },
      onPointerMove(event: PointerEvent) {
        const at = barOf(event)
        const from = dragFrom.current
        setState({ at, selection: from === undefined ? undefined : { from, to: at } })
      },
      onPointerUp(event: PointerEvent) {
        const from = dragFrom.current
        dragFrom.current = undefined
        if (from !== undefined) finish({ from, to: barOf(event) })
      },
      onPointerCancel() {
        dragFrom.current = undefined
        setState(nothing)
      },
      onPointerLeave() {
        if (dragFrom.current === undefined) setState(nothing)
      },
      onKeyDown(event: KeyboardEvent) {
        const next = keyed(event.key, event.shiftKey, state, bars)
        if (next === undefined) return
        event.preventDefault()
        if (next === 'take') finish(state.selection ?? { from: state.at ?? 0, to: state.at ?? 0 })
        else setState(next)
      },
      onBlur: () => dragFrom.current === undefined && setState(nothing),
    },
  }
}

/** What a key does; undefined when it is none of ours. */
export function keyed(
  key: string,
  shift: boolean,
  { at, selection }: Selecting,
  bars: number,
): Selecting | 'take' | undefined {
  if (key === 'Enter' || key === ' ') return at === undefined ? undefined : 'take'
  if (key === 'Escape') return at === undefined ? undefined : nothing
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -10,
    PageDown: 10,
    Home: -bars,
    End: bars,
  }
  const step = steps[key]
  if (step === undefined) return undefined
  // The latest bar is where one looks first.
  const next = Math.min(bars - 1, Math.max(0, (at ?? (step > 0 ? bars - 2 : bars)) + step))
  return { at: next, selection: shift ? { from: selection?.from ?? at ?? next, to: next } : undefined }
}
