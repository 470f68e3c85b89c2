import { Problem } from './problem.ts'

export interface Admission {
  /** Reserves room for a body that is about to be read. Returns what gives it back; throws 429 or 503. */
  reserve(tenant: string, bytes: number): () => void
}

/** Bodies held in memory at once. Enough for 64 senders of full batches, small beside the 3 GB the process may use. */
const defaultCapacityBytes = 128 * 1_048_576

/** Bounds the bytes of request bodies in hand, and lets no tenant take more than half. */
export function createAdmission(capacityBytes: number = defaultCapacityBytes): Admission {
  const held = new Map<string, number>()
  let total = 0
  return {
    reserve(tenant, bytes) {
      const own = held.get(tenant) ?? 0
      if (own > 0 && own + bytes > capacityBytes / 2)
        throw new Problem(429, 'this tenant has too much in flight: send again later', { retryAfterSeconds: 1 })
      if (total > 0 && total + bytes > capacityBytes)
        throw new Problem(503, 'too much is in flight: send again later', { retryAfterSeconds: 1 })
      held.set(tenant, own + bytes)
      total += bytes
      let released = false
      return () => {
        if (released) return
        released = true
        total -= bytes
        const left = (held.get(tenant) ?? 0) - bytes
        if (left > 0) held.set(tenant, left)
        else held.delete(tenant)
      }
    },
  }
}
