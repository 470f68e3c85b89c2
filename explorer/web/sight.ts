/**
 * A page that nobody looks at gives its stream back this long after: browsers open six connections to one server over
 * all tabs, and the seventh tab would wait for ever. Who only looks elsewhere for a moment keeps it.
 */
export const restAfterMs = 20_000

/** Aborts once the page has been hidden for a while. Stops looking when `ended`. */
export function longUnseen(ended: AbortSignal): AbortSignal {
  const unseen = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => unseen.abort(), restAfterMs)
  }
  document.addEventListener('visibilitychange', look, { signal: ended })
  ended.addEventListener('abort', () => clearTimeout(timer), { once: true })
  look()
  return unseen.signal
}

/** Waits until somebody looks, or it is `ended`. */
export function untilSeen(ended: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const heard = new AbortController()
    const look = (): void => {
      if (document.hidden && !ended.aborted) return
      heard.abort()
      done()
    }
    document.addEventListener('visibilitychange', look, { signal: heard.signal })
    ended.addEventListener('abort', look, { signal: heard.signal })
    look()
  })
}
