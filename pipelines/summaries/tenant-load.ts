import type { TenantQueues } from './tenant-shares.ts'

/** A tenant of which more calls press than this has more than a small batch can hold. */
const heavyFrom = 250

/** A tenant counts as active for so long after its last change, milliseconds. */
const activeMs = 30_000

/** Who else is active. Remembers two tenants, however many there are: one of them is another than the one asked of. */
export interface ActiveTenants {
  seen(tenant: string, atMs: number): void
  /** True: another tenant than this one has been active of late. */
  hasOthers(tenant: string, nowMs: number): boolean
  /** The log's time has stepped back: none was active later than now. */
  stepBack(nowMs: number): void
}

export function createActiveTenants(): ActiveTenants {
  let last: { readonly tenant: string; readonly atMs: number } | undefined
  let other: typeof last
  const isActive = (entry: typeof last, tenant: string, nowMs: number): boolean =>
    entry !== undefined && entry.tenant !== tenant && nowMs - entry.atMs < activeMs
  return {
    seen(tenant, atMs) {
      if (last !== undefined && last.tenant !== tenant) other = last
      last = { tenant, atMs }
    },
    stepBack(nowMs) {
      if (last !== undefined) last = { ...last, atMs: Math.min(last.atMs, nowMs) }
      if (other !== undefined) other = { ...other, atMs: Math.min(other.atMs, nowMs) }
    },
    hasOthers: (tenant, nowMs) => isActive(last, tenant, nowMs) || isActive(other, tenant, nowMs),
  }
}

/**
 * Tenants of whose calls so many press, or go worse (by tenant), that others would wait for them. None where a tenant is
 * alone: its batches are as large as they can be.
 */
export function heavyTenants(
  pressing: Pick<TenantQueues, 'byTenant'>,
  worse: ReadonlyMap<string, number>,
  isContended: (tenant: string) => boolean,
): ReadonlySet<string> {
  const counts = new Map(worse)
  for (const [tenant, keys] of pressing.byTenant) counts.set(tenant, keys.size + (counts.get(tenant) ?? 0))
  const heavy = [...counts].filter(([tenant, count]) => count > heavyFrom && isContended(tenant))
  return new Set(heavy.map(([tenant]) => tenant))
}
