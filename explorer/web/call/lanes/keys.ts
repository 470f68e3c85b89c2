import type { Axis } from '../axis/axis.ts'
import { lengthOf, panned, zoomed } from '../axis/range.ts'
import type { Stack } from './stack.ts'

interface Parts {
  readonly root: HTMLElement
  readonly axis: Axis
  readonly stack: Stack
}

/**
 * Keys over the lanes, which are one stop of the Tab key: up and down go from lane to lane, left and right from sample
 * to sample, with Shift they pan; + and - zoom around the cursor, Home shows all, Esc lets go of the cursor.
 */
export function listenToKeys({ root, axis, stack }: Parts): () => void {
  const ended = new AbortController()
  root.addEventListener(
    'keydown',
    (event) => {
      const lane = event.target instanceof HTMLElement && event.target.matches('.lane') ? event.target : undefined
      if (lane === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      const action = actionOf(event, lane, { root, axis, stack })
      if (action === undefined) return
      action()
      event.preventDefault()
    },
    { signal: ended.signal },
  )
  const leaveStops = keepOneStop(root)
  return () => {
    leaveStops()
    ended.abort()
  }
}

/** What a key does in a lane; undefined: nothing of ours. */
function actionOf(
  { key, shiftKey }: KeyboardEvent,
  lane: HTMLElement,
  { root, axis, stack }: Parts,
): (() => void) | undefined {
  const all = rowsIn(root)
  const at = all.indexOf(lane)
  const id = lane.dataset.lane ?? ''
  const pan = (share: number): void => axis.show(panned(axis.range, share * lengthOf(axis.range), axis.bounds))
  const actions: Partial<Record<string, () => void>> = {
    ArrowLeft: () => (shiftKey ? pan(-0.15) : stack.step(id, -1)),
    ArrowRight: () => (shiftKey ? pan(0.15) : stack.step(id, 1)),
    ArrowUp: () => focusLane(all[at - 1], all),
    ArrowDown: () => focusLane(all[at + 1], all),
    PageUp: () => pan(-0.8),
    PageDown: () => pan(0.8),
    '+': () => zoomAroundCursor(axis, 0.5),
    '=': () => zoomAroundCursor(axis, 0.5),
    '-': () => zoomAroundCursor(axis, 2),
    Home: () => axis.show(axis.home),
    Escape: () => {
      axis.point(undefined)
      axis.light(undefined)
    },
  }
  return actions[key]
}

function zoomAroundCursor(axis: Axis, factor: number): void {
  const { fromMs, toMs } = axis.range
  const { cursorMs } = axis
  const isSeen = cursorMs !== undefined && cursorMs >= fromMs && cursorMs <= toMs
  axis.show(zoomed(axis.range, factor, isSeen ? cursorMs : (fromMs + toMs) / 2, axis.bounds))
}

function focusLane(lane: HTMLElement | undefined, all: readonly HTMLElement[]): void {
  if (lane === undefined) return
  for (const other of all) other.tabIndex = other === lane ? 0 : -1
  lane.focus()
  lane.scrollIntoView({ block: 'nearest' })
}

/** Lanes come and go with their blocks: one of them must always be reachable. */
function keepOneStop(root: HTMLElement): () => void {
  const keep = (): void => {
    const all = rowsIn(root)
    if (!all.some(({ tabIndex }) => tabIndex === 0)) all[0]?.setAttribute('tabindex', '0')
  }
  const watched = new MutationObserver(keep)
  watched.observe(root, { childList: true, subtree: true })
  keep()
  return () => watched.disconnect()
}

const rowsIn = (root: HTMLElement): readonly HTMLElement[] =>
  [...root.querySelectorAll<HTMLElement>('.lane[role="slider"]')].filter(isShown)

const isShown = (element: HTMLElement): boolean => element.offsetParent !== null
