/** Under whose X-Scope-OrgID rows go. */
export interface Organisations {
  /** one: everything under tenantId; each: every tenant under its own name. */
  readonly tenants: 'one' | 'each'
  readonly tenantId: string
}

// Grafana Loki and Tempo, "tenant IDs": these characters only, and neither of the two that are folders. A `|` would name several.
const usable = /^(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]{1,150}$/

/** Undefined: this tenant's name cannot be an organisation, and nobody else may get its rows. */
export function organisationOf({ tenants, tenantId }: Organisations, tenant: string): string | undefined {
  if (tenants === 'one') return tenantId
  return usable.test(tenant) ? tenant : undefined
}
