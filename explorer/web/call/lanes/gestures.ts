import type { Axis } from '../axis/axis.ts'
import { lengthOf, msOf, panned, zoomed } from '../axis/range.ts'
import type { Stack } from './stack.ts'

/** A drag shorter than this is a click. */
const dragPx = 4

interface Parts {
  readonly root: HTMLElement
  /** The rectangle that is drawn while a range is being selected. */
  readonly selection: HTMLElement
  readonly axis: Axis
  readonly stack: Stack
}

/**
 * Pointer and wheel over the lanes. Drag: zoom to it. Shift and drag, or one finger: pan. Two fingers, or the wheel
 * with Ctrl (which is also what a pinch on a touch pad sends): zoom. The plain wheel scrolls the page, except over the
 * clock, where there is nothing to scroll.
 */
export function listenToGestures({ root, selection, axis, stack }: Parts): () => void {
  const ended = new AbortController()
  const { signal } = ended
  const pointers = new Map<number, number>()
  let drag: { readonly fromPx: number; lastPx: number; readonly pans: boolean } | undefined

  const pxIn = (event: PointerEvent | WheelEvent | MouseEvent): number =>
    event.clientX - root.getBoundingClientRect().left - stack.plotBox().leftPx
  const isInPlot = (event: Event): boolean =>
    event.target instanceof Element && event.target.closest('.lane-plot') !== null
  const timeAt = (px: number): number => msOf(axis.range, px, stack.plotBox().widthPx)
  const point = (px: number): void => {
    const { widthPx } = stack.plotBox()
    axis.point(px >= 0 && px <= widthPx ? timeAt(px) : undefined)
  }

  function down(event: PointerEvent): void {
    if (!isInPlot(event) || (event.pointerType === 'mouse' && event.button !== 0)) return
    const px = pxIn(event)
    pointers.set(event.pointerId, px)
    drag = { fromPx: px, lastPx: px, pans: event.shiftKey || event.pointerType === 'touch' }
  }

  function move(event: PointerEvent): void {
    const px = pxIn(event)
    if (pointers.size === 2 && pointers.has(event.pointerId)) {
      pinch(event.pointerId, px)
      return
    }
    if (drag === undefined || !pointers.has(event.pointerId)) {
      if (event.pointerType !== 'touch') point(isInPlot(event) ? px : -1)
      return
    }
    // Not on the way down: a captured pointer would swallow the click.
    if (!root.hasPointerCapture(event.pointerId)) root.setPointerCapture(event.pointerId)
    if (drag.pans) pan(drag.lastPx - px)
    else select(drag.fromPx, px)
    drag.lastPx = px
    pointers.set(event.pointerId, px)
    if (!drag.pans) point(px)
  }

  function up(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId) || drag === undefined) return
    const { fromPx, lastPx, pans } = drag
    drag = undefined
    selection.hidden = true
    const isDrag = Math.abs(lastPx - fromPx) >= dragPx
    if (event.type === 'pointercancel') return
    if (!isDrag) point(lastPx)
    else if (!pans) axis.show({ fromMs: timeAt(Math.min(fromPx, lastPx)), toMs: timeAt(Math.max(fromPx, lastPx)) })
  }

  function pan(byPx: number): void {
    axis.show(panned(axis.range, (byPx / stack.plotBox().widthPx) * lengthOf(axis.range), axis.bounds))
  }

  function select(fromPx: number, toPx: number): void {
    const { leftPx, widthPx } = stack.plotBox()
    const [left, right] = [Math.max(0, Math.min(fromPx, toPx)), Math.min(widthPx, Math.max(fromPx, toPx))]
    selection.hidden = right - left < dragPx
    selection.style.transform = `translateX(${leftPx + left}px)`
    selection.style.width = `${right - left}px`
  }

  /** Keeps what is between two fingers between them. */
  function pinch(moved: number, px: number): void {
    const other = [...pointers].find(([id]) => id !== moved)?.[1]
    const before = pointers.get(moved)
    if (other === undefined || before === undefined) return
    const [apart, nowApart] = [Math.abs(before - other), Math.abs(px - other)]
    if (apart > 8 && nowApart > 8)
      axis.show(zoomed(axis.range, apart / nowApart, timeAt((px + other) / 2), axis.bounds))
    pointers.set(moved, px)
    drag = undefined
  }

  function wheel(event: WheelEvent): void {
    if (!isInPlot(event)) return
    const isOverClock = event.target instanceof Element && event.target.closest('.lane-clock') !== null
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    const zooms = event.ctrlKey || event.metaKey || event.altKey || (isOverClock && !isSideways)
    if (!zooms && !isSideways) return
    event.preventDefault()
    // Lines and pages, as some mice count, in pixels.
    const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? 16 : 400
    if (zooms) axis.show(zoomed(axis.range, Math.exp(event.deltaY * unit * 0.0025), timeAt(pxIn(event)), axis.bounds))
    else pan((event.deltaX || event.deltaY) * unit)
  }

  root.addEventListener('pointerdown', down, { signal })
  root.addEventListener('pointermove', move, { signal })
  root.addEventListener('pointerup', up, { signal })
  root.addEventListener('pointercancel', up, { signal })
  root.addEventListener('pointerleave', () => drag === undefined && axis.point(undefined), { signal })
  root.addEventListener('wheel', wheel, { signal, passive: false })
  root.addEventListener('dblclick', (event) => isInPlot(event) && axis.show(axis.home), { signal })
  return () => ended.abort()
}
