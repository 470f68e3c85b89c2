import { useEffect, useRef, useState } from 'preact/hooks'
import { useStore } from '../store.ts'
import { colours } from '../theme.ts'

export interface Painting {
  readonly context: CanvasRenderingContext2D
  readonly widthPx: number
  readonly heightPx: number
}

interface CanvasProps {
  readonly heightPx: number
  readonly paint: (painting: Painting) => void
  readonly class?: string
  /** Told how wide it is, whenever that changes. */
  readonly onWidth?: (widthPx: number) => void
}

/**
 * A canvas as wide as its surroundings and as sharp as the screen. Painted anew when it is resized, when colours change
 * and whenever its owner renders. It says nothing to screen readers: the owner does.
 */
export function Canvas({ heightPx, paint, class: name = '', onWidth }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [widthPx, setWidth] = useState(0)
  useStore(colours)
  useEffect(() => {
    const holder = canvas.current?.parentElement
    if (!holder) return
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    watch.observe(holder)
    return () => watch.disconnect()
  }, [])
  useEffect(() => {
    if (widthPx > 0) onWidth?.(widthPx)
  }, [widthPx, onWidth])
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context || widthPx === 0) return
    const sharpness = Math.min(3, devicePixelRatio || 1)
    resize(context.canvas, { widthPx, heightPx }, sharpness)
    context.setTransform(sharpness, 0, 0, sharpness, 0, 0)
    context.clearRect(0, 0, widthPx, heightPx)
    paint({ context, widthPx, heightPx })
  })
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus.
    <canvas ref={canvas} class={name} aria-hidden="true" style={{ height: `${heightPx}px`, width: '100%' }} />
  )
}

/** Setting a size clears a canvas and makes its memory anew: only when it differs. */
function resize(canvas: HTMLCanvasElement, { widthPx, heightPx }: Omit<Painting, 'context'>, sharpness: number): void {
  const [width, height] = [Math.round(widthPx * sharpness), Math.round(heightPx * sharpness)]
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
}
