import type { Registry } from '#contracts/registry.ts'

/** What was asked cannot be done because of what was asked. For people; over HTTP and in process the same. */
export class DeskRefused extends Error {
  readonly statusCode = 400
  constructor(message: string) {
    super(message)
    this.name = 'DeskRefused'
  }
}

export async function refuseUnknownTenant({ tenants }: Pick<Registry, 'tenants'>, tenant: string): Promise<void> {
  const known = (await tenants.tenants()).map(({ id }) => id)
  if (known.includes(tenant)) return
  const some = known.slice(0, 20).join(', ')
  throw new DeskRefused(
    `tenant: there is no tenant "${tenant}"; there are ${some}${known.length > 20 ? ' and others' : ''}. Add it to "tenants" in the configuration.`,
  )
}
