import type { TenantDirectory } from '#contracts/registry.ts'

/** The registered tenants, for decode steps that cannot wait: as of the last refresh. */
export async function createTenantCache(directory: Pick<TenantDirectory, 'tenants'>) {
  let known: ReadonlySet<string> = new Set()
  const refresh = async () => {
    known = new Set((await directory.tenants()).map(({ id }) => id))
  }
  await refresh()
  return { known: () => known, refresh }
}
