import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { isAbort } from './api.ts'
import { now } from './world.ts'

/** What was asked of the server: the last answer stays while the next is awaited, and when that one fails. */
export interface Loaded<T> {
  readonly value: T | undefined
  /** When `value` came. */
  readonly atMs: number | undefined
  readonly error: Error | undefined
  readonly loading: boolean
  /** Asks again. */
  readonly again: () => void
}

type Known<T> = Omit<Loaded<T>, 'again'>

/** Loads whenever `key` changes or `again` is called. An answer to an older question is never shown. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [known, setKnown] = useState<Known<T>>({ value: undefined, atMs: undefined, error: undefined, loading: true })
  const [turn, setTurn] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const left = new AbortController()
    setKnown((before) => ({ ...before, loading: true }))
    latest.current(left.signal).then(
      (value) => left.signal.aborted || setKnown({ value, atMs: now(), error: undefined, loading: false }),
      (error: Error) => {
        if (left.signal.aborted || isAbort(error)) return
        setKnown((before) => ({ ...before, error, loading: false }))
      },
    )
    return () => left.abort()
  }, [key, turn])
  const again = useCallback(() => setTurn((before) => before + 1), [])
  return { ...known, again }
}
