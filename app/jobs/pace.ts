import { setTimeout as sleep } from 'node:timers/promises'

/** Waits as long as it takes to stay under the rate, by elapsed time, so that slow appends are caught up. */
export function createPace(
  rate: number | undefined,
  stopping: AbortSignal | undefined,
): (messages: number) => Promise<void> {
  const began = performance.now()
  return async (messages) => {
    if (rate === undefined) return
    const aheadMs = (messages / rate) * 1_000 - (performance.now() - began)
    if (aheadMs > 1)
      await sleep(aheadMs, undefined, stopping === undefined ? {} : { signal: stopping }).catch(() => undefined)
  }
}
