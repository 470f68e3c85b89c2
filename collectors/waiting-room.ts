/** Where a poll waits: until it is woken, its time is over, or it is called off. One visitor at a time. */
export interface WaitingRoom {
  wake(): void
  enter(waitMs: number, signal: AbortSignal | undefined): Visit
}

export interface Visit {
  /** Time is over or the signal has aborted. */
  isOver(): boolean
  /** Resolves at the next wake, or at once when over. */
  wait(): Promise<void>
  leave(): void
}

export function createWaitingRoom(): WaitingRoom {
  let wakeVisitor = (): void => {}

  return {
    wake: () => wakeVisitor(),
    enter(waitMs, signal) {
      let over = waitMs <= 0 || signal?.aborted === true
      let timer: NodeJS.Timeout | undefined
      const end = (): void => {
        over = true
        wakeVisitor()
      }
      signal?.addEventListener('abort', end, { once: true })
      return {
        isOver: () => over,
        wait() {
          if (over) return Promise.resolve()
          timer ??= setTimeout(end, waitMs)
          return new Promise((resolve) => {
            wakeVisitor = resolve
          })
        },
        leave() {
          wakeVisitor = () => {}
          clearTimeout(timer)
          signal?.removeEventListener('abort', end)
        },
      }
    },
  }
}
