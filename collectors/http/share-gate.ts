import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from './problem.ts'
import type { SharesAtEdge } from './shares-at-edge.ts'

/** Lets requests in as long as their tenant has not more waiting in the log than its share. */
export interface ShareGate {
  /** Resolves when a request that will bring so many bytes to the log may go on, and returns what ends it; throws 429. */
  enter(tenant: string, bytes: number): Promise<() => void>
}

export interface ShareGateOptions {
  /** A request waits so long for its share before it is refused, milliseconds. */
  readonly waitMs?: number
}

/** A sender that does not heed Retry-After shall not be back at once: parsing what it sends costs all others. */
const defaultWaitMs = 1_000
const lookEveryMs = 50

/** Requests that wait in this way, of all tenants and of one. Beyond, they are refused at once. */
const mostWaiting = 256
const mostWaitingOfOne = 8

export function createShareGate(
  shares: SharesAtEdge | undefined,
  { waitMs = defaultWaitMs }: ShareGateOptions = {},
): ShareGate {
  const inHand = createCounts()
  const waiting = createCounts()
  const asked = (tenant: string, bytes: number): number | undefined =>
    shares?.refuses(tenant, { bytes, inHand: inHand.of(tenant) })

  /** Seconds to come again after; undefined: there is room. */
  async function awaitRoom(tenant: string, bytes: number): Promise<number | undefined> {
    let seconds = asked(tenant, bytes)
    if (seconds === undefined || waiting.total() >= mostWaiting || waiting.of(tenant) >= mostWaitingOfOne)
      return seconds
    waiting.add(tenant, 1)
    for (let waited = 0; waited < waitMs && seconds !== undefined; waited += lookEveryMs) {
      await sleep(lookEveryMs)
      seconds = asked(tenant, bytes)
    }
    waiting.add(tenant, -1)
    return seconds
  }

  return {
    async enter(tenant, bytes) {
      const retryAfterSeconds = await awaitRoom(tenant, bytes)
      if (retryAfterSeconds !== undefined) {
        shares?.refused(tenant)
        throw new Problem(
          429,
          'this tenant has sent more than its share, and it is not processed yet: nothing was stored, send it again later',
          { retryAfterSeconds },
        )
      }
      inHand.add(tenant, bytes)
      let isOver = false
      return () => {
        if (!isOver) inHand.add(tenant, -bytes)
        isOver = true
      }
    },
  }
}

/** Sums by tenant. Who comes to nothing is forgotten. */
function createCounts() {
  const counts = new Map<string, number>()
  let total = 0
  return {
    of: (tenant: string): number => counts.get(tenant) ?? 0,
    total: () => total,
    add(tenant: string, count: number): void {
      const after = (counts.get(tenant) ?? 0) + count
      total += count
      if (after > 0) counts.set(tenant, after)
      else counts.delete(tenant)
    },
  }
}
