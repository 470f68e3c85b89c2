/**
 * A map of calls by tenant and correlation id. Two maps, because a key put together of both would have to be written and
 * hashed anew for each look-up: for every sample that costs more than the look-up.
 */
export interface ByTenant<Value> {
  readonly size: number
  get(tenant: string, id: string): Value | undefined
  set(tenant: string, id: string, value: Value): void
  delete(tenant: string, id: string): void
  values(): IterableIterator<Value>
  /** Forgets the longest known of the tenant that has most, until no more than `max` are left. */
  shrinkTo(max: number): void
}

export function createByTenant<Value>(): ByTenant<Value> {
  const tenants = new Map<string, Map<string, Value>>()
  let size = 0

  return {
    get size() {
      return size
    },
    get: (tenant, id) => tenants.get(tenant)?.get(id),
    set(tenant, id, value) {
      let ofTenant = tenants.get(tenant)
      if (ofTenant === undefined) {
        ofTenant = new Map()
        tenants.set(tenant, ofTenant)
      }
      const before = ofTenant.size
      ofTenant.set(id, value)
      size += ofTenant.size - before
    },
    delete(tenant, id) {
      if (tenants.get(tenant)?.delete(id) === true) size -= 1
    },
    *values() {
      for (const ofTenant of tenants.values()) yield* ofTenant.values()
    },
    shrinkTo(max) {
      while (size > max) {
        const largest = [...tenants.values()].reduce((a, b) => (b.size > a.size ? b : a))
        for (const oldest of largest.keys()) {
          largest.delete(oldest)
          size -= 1
          break
        }
      }
    },
  }
}
