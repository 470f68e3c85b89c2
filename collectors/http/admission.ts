import type { SharesAtEdge } from './ports.ts'
import { Problem } from './problem.ts'

export interface Admission {
  /**
   * Reserves room for a body of so many bytes at most that is about to be read. Returns what gives it back; throws 429 or 503.
   * `likely`: what it will bring to the log; left out: nothing, so that it is no matter of shares.
   */
  reserve(tenant: string, bytes: number, likely?: number): () => void
}

export interface AdmissionOptions {
  readonly capacityBytes?: number
  /** What a tenant may send beside what it has waiting already. */
  readonly shares?: SharesAtEdge | undefined
}

/** Bodies held in memory at once. Enough for 64 senders of full batches, small beside the 3 GB the process may use. */
const defaultCapacityBytes = 128 * 1_048_576

interface Held {
  readonly bytes: number
  readonly likely: number
}

/** Bounds the bytes of request bodies in hand, and lets no tenant take more than half, nor send beyond its share. */
export function createAdmission({ capacityBytes = defaultCapacityBytes, shares }: AdmissionOptions = {}): Admission {
  const held = new Map<string, Held>()
  let total = 0
  return {
    reserve(tenant, bytes, likely = 0) {
      const known = held.get(tenant) ?? { bytes: 0, likely: 0 }
      const own = known.bytes
      if (own > 0 && own + bytes > capacityBytes / 2)
        throw new Problem(429, 'this tenant has too much in flight: send again later', { retryAfterSeconds: 1 })
      if (total > 0 && total + bytes > capacityBytes)
        throw new Problem(503, 'too much is in flight: send again later', { retryAfterSeconds: 1 })
      if (likely > 0) refuseBeyondShare(shares, tenant, { bytes: likely, inHand: known.likely })
      held.set(tenant, { bytes: own + bytes, likely: known.likely + likely })
      total += bytes
      let released = false
      return () => {
        if (released) return
        released = true
        total -= bytes
        const last = held.get(tenant)
        if (last !== undefined && last.bytes > bytes)
          held.set(tenant, { bytes: last.bytes - bytes, likely: last.likely - likely })
        else held.delete(tenant)
      }
    },
  }
}

function refuseBeyondShare(
  shares: SharesAtEdge | undefined,
  tenant: string,
  request: { readonly bytes: number; readonly inHand: number },
): void {
  const retryAfterSeconds = shares?.refuses(tenant, request)
  if (retryAfterSeconds === undefined) return
  shares?.refused(tenant)
  throw new Problem(
    429,
    'this tenant sends more than its share: what it has sent before is not processed yet; send again later',
    {
      retryAfterSeconds,
    },
  )
}
