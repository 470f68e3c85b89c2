import { setTimeout as sleep } from 'node:timers/promises'

/** Asks until the answer is right, and gives it back. Throws with the last answer after a minute. */
export async function waitFor<Value>(ask: () => Promise<Value>, isRight: (value: Value) => boolean): Promise<Value> {
  for (const sinceMs = performance.now(); ; await sleep(50)) {
    const value = await ask()
    if (isRight(value)) return value
    if (performance.now() - sinceMs > 60_000) throw new Error(`still ${JSON.stringify(value)}`)
  }
}
