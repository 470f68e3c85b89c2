import type { Axis } from '../axis/axis.ts'
import { lengthOf, msOf, panned, zoomed } from '../axis/range.ts'
import type { PlotBox } from './placed-lane.ts'
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
export function listenToGestures(parts: Parts): () => void {
  const { root, axis } = parts
  const ended = new AbortController()
  const { signal } = ended
  const field = createField(parts)
  const drags = createDrags(parts, field)
  root.addEventListener('pointerdown', drags.down, { signal })
  root.addEventListener('pointermove', drags.move, { signal })
  root.addEventListener('pointerup', drags.up, { signal })
  root.addEventListener('pointercancel', drags.up, { signal })
  root.addEventListener('pointerleave', () => !drags.isDragging() && axis.point(undefined), { signal })
  root.addEventListener('wheel', (event) => wheel(event, field), { signal, passive: false })
  root.addEventListener('dblclick', (event) => isInPlot(event) && axis.show(axis.home), { signal })
  return () => ended.abort()
}

/** All plots as one field: pixels from their left edge, and the instants under them. */
interface Field {
  pxOf(event: MouseEvent): number
  timeAt(px: number): number
  point(px: number): void
  pan(byPx: number): void
  zoom(factor: number, aroundPx: number): void
}

function createField({ root, axis, stack }: Parts): Field {
  const timeAt = (px: number): number => msOf(axis.range, px, stack.plotBox().widthPx)
  return {
    pxOf: (event) => event.clientX - root.getBoundingClientRect().left - stack.plotBox().leftPx,
    timeAt,
    point(px) {
      const { widthPx } = stack.plotBox()
      axis.point(px >= 0 && px <= widthPx ? timeAt(px) : undefined)
    },
    pan(byPx) {
      axis.show(panned(axis.range, (byPx / stack.plotBox().widthPx) * lengthOf(axis.range), axis.bounds))
    },
    zoom(factor, aroundPx) {
      axis.show(zoomed(axis.range, factor, timeAt(aroundPx), axis.bounds))
    },
  }
}

const isInPlot = (event: Event): boolean => isWithin(event, '.lane-plot')

const isWithin = ({ target }: Event, selector: string): boolean =>
  target instanceof Element && target.closest(selector) !== null

/** A pointer that is down, or two fingers. */
function createDrags({ root, selection, axis, stack }: Parts, field: Field) {
  const pointers = new Map<number, number>()
  let drag: { readonly fromPx: number; lastPx: number; readonly pans: boolean } | undefined

  function down(event: PointerEvent): void {
    if (!isInPlot(event) || (event.pointerType === 'mouse' && event.button !== 0)) return
    const px = field.pxOf(event)
    pointers.set(event.pointerId, px)
    drag = { fromPx: px, lastPx: px, pans: event.shiftKey || event.pointerType === 'touch' }
  }

  function move(event: PointerEvent): void {
    const px = field.pxOf(event)
    if (pointers.size === 2 && pointers.has(event.pointerId)) {
      pinch(event.pointerId, px)
      return
    }
    if (drag === undefined || !pointers.has(event.pointerId)) {
      if (event.pointerType !== 'touch') field.point(isInPlot(event) ? px : -1)
      return
    }
    // Not on the way down: a captured pointer would swallow the click.
    if (!root.hasPointerCapture(event.pointerId)) root.setPointerCapture(event.pointerId)
    if (drag.pans) field.pan(drag.lastPx - px)
    else frame(selection, [drag.fromPx, px], stack.plotBox())
    drag.lastPx = px
    pointers.set(event.pointerId, px)
    if (!drag.pans) field.point(px)
  }

  function up(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId) || drag === undefined) return
    const { fromPx, lastPx, pans } = drag
    drag = undefined
    selection.hidden = true
    if (event.type === 'pointercancel') return
    const [fromMs, toMs] = [field.timeAt(Math.min(fromPx, lastPx)), field.timeAt(Math.max(fromPx, lastPx))]
    if (Math.abs(lastPx - fromPx) < dragPx) field.point(lastPx)
    else if (!pans) axis.show({ fromMs, toMs })
  }

  /** Keeps what is between two fingers between them. */
  function pinch(moved: number, px: number): void {
    const other = [...pointers].find(([id]) => id !== moved)?.[1]
    const before = pointers.get(moved)
    if (other === undefined || before === undefined) return
    const [apart, nowApart] = [Math.abs(before - other), Math.abs(px - other)]
    if (apart > 8 && nowApart > 8) field.zoom(apart / nowApart, (px + other) / 2)
    pointers.set(moved, px)
    drag = undefined
  }

  return { down, move, up, isDragging: () => drag !== undefined }
}

/** Draws the rectangle of a selection, as far as it lies in the plots. */
function frame(selection: HTMLElement, [fromPx, toPx]: readonly [number, number], { leftPx, widthPx }: PlotBox): void {
  const [left, right] = [Math.max(0, Math.min(fromPx, toPx)), Math.min(widthPx, Math.max(fromPx, toPx))]
  selection.hidden = right - left < dragPx
  selection.style.transform = `translateX(${leftPx + left}px)`
  selection.style.width = `${right - left}px`
}

function wheel(event: WheelEvent, field: Field): void {
  if (!isInPlot(event)) return
  const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
  const zooms = event.ctrlKey || event.metaKey || event.altKey || (isWithin(event, '.lane-clock') && !isSideways)
  if (!zooms && !isSideways) return
  event.preventDefault()
  // Lines and pages, as some mice count, in pixels.
  const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? 16 : 400
  if (zooms) field.zoom(Math.exp(event.deltaY * unit * 0.0025), field.pxOf(event))
  else field.pan((event.deltaX || event.deltaY) * unit)
}
