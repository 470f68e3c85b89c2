import { useEffect, useRef, useState } from 'preact/hooks'
import { atTop, type RowWindow, rowWindow } from './row-window.ts'

interface Drawn extends RowWindow {
  /** Whether the first row can be seen. */
  readonly top: boolean
}

/** Rows to draw of a list that scrolls with the page: looked at once per frame, drawn only when they differ. */
export function useRowWindow(rows: number, rowPx: number) {
  const list = useRef<HTMLDivElement>(null)
  const [drawn, setDrawn] = useState<Drawn>({ first: 0, last: Math.min(rows, 40), top: true })
  useEffect(() => {
    let frame = 0
    const look = (): void => {
      frame = 0
      const scrolledPx = -(list.current?.getBoundingClientRect().top ?? 0)
      const seen = rowWindow({ scrolledPx, viewportPx: innerHeight, rowPx, rows })
      const top = atTop({ scrolledPx, rowPx })
      setDrawn((before) =>
        before.first === seen.first && before.last === seen.last && before.top === top ? before : { ...seen, top },
      )
    }
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look)
    }
    look()
    addEventListener('scroll', soon, { passive: true })
    addEventListener('resize', soon)
    return () => {
      cancelAnimationFrame(frame)
      removeEventListener('scroll', soon)
      removeEventListener('resize', soon)
    }
  }, [rows, rowPx])
  return { list, ...drawn }
}

/** Narrow screens show cards. The same width as in styles/calls.css. */
const cards = '(max-width: 900px)'

export function useRowHeight(): number {
  const [narrow, setNarrow] = useState(() => matchMedia(cards).matches)
  useEffect(() => {
    const media = matchMedia(cards)
    const look = (): void => setNarrow(media.matches)
    media.addEventListener('change', look)
    return () => media.removeEventListener('change', look)
  }, [])
  return narrow ? 120 : 36
}
