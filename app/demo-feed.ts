import type { Clock } from '#contracts/clock.ts'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import { demoTraffic } from '#simulator/demo.ts'
import { bodyOf } from '#simulator/message.ts'

interface DemoFeedParts {
  readonly log: Pick<EventLog, 'append'>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** A tick: short enough that calls look alive, long enough for a batch. */
const tickMs = 250
/** Messages of one append. The first tick has minutes of history to send. */
const atOnce = 2_000
/** Behind by more than this (the machine slept) or ahead (its clock was set back), the traffic begins anew: old messages in a burst would be no demo. */
const mostBehindMs = 120_000

/** Sends the demo's messages as their time comes. Resolves when stopped. */
export async function feedDemo({ log, clock, onError }: DemoFeedParts, signal: AbortSignal): Promise<void> {
  let seed = 1
  let traffic = demoTraffic({ seed, startMs: clock() })
  let next = traffic.next()
  while (!signal.aborted) {
    const nowMs = clock()
    if (!next.done && Math.abs(nowMs - next.value.dueMs) > mostBehindMs) {
      seed++
      traffic = demoTraffic({ seed, startMs: nowMs })
      next = traffic.next()
    }
    const batch: NewRecord[] = []
    for (; !next.done && next.value.dueMs <= nowMs && batch.length < atOnce; next = traffic.next()) {
      const { topic, key, headers } = next.value
      batch.push({ topic, key, headers, value: bodyOf(next.value) })
    }
    await log.append(batch).catch(onError)
    if (batch.length < atOnce) await pause(tickMs, signal)
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
