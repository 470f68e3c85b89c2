import type { ChangedCall } from '#contracts/live-calls.ts'
import type { CallFilter, CallListItem, TenantScope } from '#contracts/warehouse.ts'

const equalFields = [...(['state', 'disposition', 'carrier', 'route', 'gateway', 'region', 'codec', 'fault'] as const)]

/**
 * Whether a list with this filter shows the call, as the warehouse's conditions have it. `ids`: correlation ids that the
 * filter's `q` may mean. What a list leaves out because `q` is an id of another call, this lets through.
 */
export function matches({ item, members, deleted }: ChangedCall, filter: CallFilter, ids: readonly string[]): boolean {
  if (!isOf(filter.tenant, item)) return false
  if (deleted || equalFields.some((name) => filter[name] !== undefined && filter[name] !== item[name])) return false
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY, finding, id, q } = filter
  if (item.startedMs < sinceMs || item.startedMs >= untilMs) return false
  if (filter.class !== undefined && !filter.class.includes(item.class)) return false
  if (finding !== undefined && !item.findings.includes(finding)) return false
  if (id !== undefined && !members.includes(id)) return false
  return q === undefined || members.some((member) => ids.includes(member)) || namesParty(item, q)
}

/** Whether whose data may be read is whose call it is. */
export const isOf = (tenants: TenantScope, { tenant }: CallListItem): boolean =>
  tenants === undefined || (typeof tenants === 'string' ? tenant === tenants : tenants.includes(tenant))

function namesParty({ from = '', to = '' }: CallListItem, q: string): boolean {
  const wanted = q.toLowerCase()
  return from.toLowerCase().includes(wanted) || to.toLowerCase().includes(wanted)
}
