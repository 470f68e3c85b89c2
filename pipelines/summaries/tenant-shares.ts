/** The tenant of a call by its key (`memberText`). */
export const tenantOf = (key: string): string => key.slice(0, key.indexOf('\u0000'))

/** Keys of calls by tenant, each tenant's in the order in which they came. */
export interface TenantQueues {
  readonly size: number
  readonly byTenant: ReadonlyMap<string, ReadonlySet<string>>
  add(key: string): void
  delete(key: string): void
  /** These tenants have had their turn: all others come before them. */
  served(tenants: Iterable<string>): void
}

export function createTenantQueues(): TenantQueues {
  const byTenant = new Map<string, Set<string>>()
  let size = 0
  return {
    byTenant,
    get size() {
      return size
    },
    add(key) {
      const tenant = tenantOf(key)
      const keys = byTenant.get(tenant) ?? new Set()
      if (keys.has(key)) return
      byTenant.set(tenant, keys.add(key))
      size += 1
    },
    delete(key) {
      const tenant = tenantOf(key)
      const keys = byTenant.get(tenant)
      if (keys?.delete(key) !== true) return
      size -= 1
      if (keys.size === 0) byTenant.delete(tenant)
    },
    served(tenants) {
      for (const tenant of tenants) {
        const keys = byTenant.get(tenant)
        if (keys === undefined || !byTenant.delete(tenant)) continue
        byTenant.set(tenant, keys)
      }
    },
  }
}

/** The same of keys that are no queue, in the order in which they are given. */
export function groupedByTenant(keys: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const tenant = tenantOf(key)
    const group = groups.get(tenant)
    if (group === undefined) groups.set(tenant, [key])
    else group.push(key)
  }
  return groups
}

interface Shared {
  readonly room: number
  /** Which of a tenant's keys may be chosen; without it all. */
  readonly may?: (key: string) => boolean
  /** Which tenants take part; without it all. */
  readonly tenants?: (tenant: string) => boolean
}

/**
 * Fills the room in equal shares: a tenant with less than a share gets all of it, and what is left over is shared among the
 * others in the same way. With less room than tenants the first ones get a key each.
 */
export function shareOut(
  groups: ReadonlyMap<string, Iterable<string>>,
  { room, may = () => true, tenants = () => true }: Shared,
): readonly string[] {
  const chosen: string[] = []
  let open = [...groups].flatMap(([tenant, keys]) => (tenants(tenant) ? [keys[Symbol.iterator]()] : []))
  while (open.length > 0 && chosen.length < room) {
    const share = Math.max(1, Math.floor((room - chosen.length) / open.length))
    const more: typeof open = []
    for (const keys of open) {
      if (chosen.length >= room) break
      if (takeFrom(keys, Math.min(share, room - chosen.length), may, chosen)) more.push(keys)
    }
    open = more
  }
  return chosen
}

/** True: there may be more. */
function takeFrom(keys: Iterator<string>, share: number, may: (key: string) => boolean, chosen: string[]): boolean {
  for (let left = share; left > 0; ) {
    const next = keys.next()
    if (next.done === true) return false
    if (!may(next.value)) continue
    chosen.push(next.value)
    left -= 1
  }
  return true
}
