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
  const rows = (): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('.lane[role="slider"]')].filter(isShown)

  function focusLane(lane: HTMLElement | undefined): void {
    if (lane === undefined) return
    for (const other of rows()) other.tabIndex = other === lane ? 0 : -1
    lane.focus()
    lane.scrollIntoView({ block: 'nearest' })
  }

  const zoom = (factor: number): void => {
    const { fromMs, toMs } = axis.range
    const { cursorMs } = axis
    const isSeen = cursorMs !== undefined && cursorMs >= fromMs && cursorMs <= toMs
    axis.show(zoomed(axis.range, factor, isSeen ? cursorMs : (fromMs + toMs) / 2, axis.bounds))
  }
  const pan = (share: number): void => axis.show(panned(axis.range, share * lengthOf(axis.range), axis.bounds))

  function act(key: string, shift: boolean, lane: HTMLElement): boolean {
    const all = rows()
    const at = all.indexOf(lane)
    const id = lane.dataset.lane ?? ''
    const actions: Record<string, () => void> = {
      ArrowLeft: () => (shift ? pan(-0.15) : stack.step(id, -1)),
      ArrowRight: () => (shift ? pan(0.15) : stack.step(id, 1)),
      ArrowUp: () => focusLane(all[at - 1]),
      ArrowDown: () => focusLane(all[at + 1]),
      PageUp: () => pan(-0.8),
      PageDown: () => pan(0.8),
      '+': () => zoom(0.5),
      '=': () => zoom(0.5),
      '-': () => zoom(2),
      Home: () => axis.show(axis.home),
      Escape: () => {
        axis.point(undefined)
        axis.light(undefined)
      },
    }
    actions[key]?.()
    return key in actions
  }

  root.addEventListener(
    'keydown',
    (event) => {
      const lane = event.target instanceof HTMLElement && event.target.matches('.lane') ? event.target : undefined
      if (lane === undefined || event.ctrlKey || event.metaKey || event.altKey) return
      if (act(event.key, event.shiftKey, lane)) event.preventDefault()
    },
    { signal: ended.signal },
  )
  // Lanes come and go with their blocks: one of them must always be reachable.
  const keepOneStop = (): void => {
    const all = rows()
    if (!all.some(({ tabIndex }) => tabIndex === 0)) all[0]?.setAttribute('tabindex', '0')
  }
  const watched = new MutationObserver(keepOneStop)
  watched.observe(root, { childList: true, subtree: true })
  keepOneStop()
  return () => {
    watched.disconnect()
    ended.abort()
  }
}

const isShown = (element: HTMLElement): boolean => element.offsetParent !== null
