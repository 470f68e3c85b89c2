import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { isAbort } from './api.ts'
import { now } from './world.ts'

/** What was asked of the server: the last answer stays while the same is asked again, and when that fails. */
export interface Loaded<T> {
  readonly value: T | undefined
  /** When `value` came. */
  readonly atMs: number | undefined
  readonly error: Error | undefined
  readonly loading: boolean
  /** Asks again. */
  readonly again: () => void
}

export interface Known<T> extends Omit<Loaded<T>, 'again'> {
  /** What was asked. */
  readonly key: string | undefined
}

/** What is known of a question: nothing, where what is known answers another. */
export const knownOf = <T>(known: Known<T>, key: string | undefined): Known<T> =>
  known.key === key ? known : nothingOf(key)

const nothingOf = <T>(key: string | undefined): Known<T> => ({
  ...{ key, value: undefined, atMs: undefined, error: undefined },
  loading: true,
})

/**
 * Loads whenever `key` or `turn` changes, or `again` is called; without a key nothing. `key` is what is asked: an answer
 * to another question is never shown. `turn` asks the same once more.
 */
export function useLoaded<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>, turn = 0): Loaded<T> {
  const [last, setLast] = useState<Known<T>>(nothingOf<T>(key))
  const [asked, setAsked] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    if (key === undefined) return
    const left = new AbortController()
    setLast((before) => ({ ...knownOf(before, key), loading: true }))
    latest.current(left.signal).then(
      (value) => left.signal.aborted || setLast({ key, value, atMs: now(), error: undefined, loading: false }),
      (error: Error) => {
        if (left.signal.aborted || isAbort(error)) return
        setLast((before) => ({ ...knownOf(before, key), error, loading: false }))
      },
    )
    return () => left.abort()
  }, [key, turn, asked])
  const again = useCallback(() => setAsked((before) => before + 1), [])
  return { ...knownOf(last, key), again }
}
