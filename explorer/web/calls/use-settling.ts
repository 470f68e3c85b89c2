import { useEffect, useRef } from 'preact/hooks'
import { now } from '../world.ts'
import type { CallList } from './call-list.ts'
import type { ListState } from './call-pages.ts'

/** Rows stand still for this long after the pointer last moved over them: nobody should click on what just slid there. */
const stillMs = 1_500

/** Shows new calls by themselves, where the top of the list is in sight and nobody is about to use a row. */
export function useSettling(list: CallList, { waiting, gone }: ListState, mayMove: boolean): void {
  const movedMs = useRef(0)
  useEffect(() => {
    const moved = ({ target }: Event): void => {
      if (inRows(target)) movedMs.current = now()
    }
    addEventListener('pointermove', moved, { passive: true })
    return () => removeEventListener('pointermove', moved)
  }, [])
  useEffect(() => {
    if (!mayMove || (waiting.length === 0 && gone.size === 0)) return
    let timer = 0
    const look = (): void => {
      const waitMs = inRows(document.activeElement) ? stillMs : movedMs.current + stillMs - now()
      if (waitMs > 0) timer = setTimeout(look, waitMs)
      else list.settle()
    }
    look()
    return () => clearTimeout(timer)
  }, [mayMove, waiting, gone, list])
}

const inRows = (target: unknown): boolean => target instanceof Element && target.closest('.calls-body') !== null
