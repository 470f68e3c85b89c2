import type { TenantDirectory } from '#contracts/registry.ts'
import { pause } from '#pipelines/pause.ts'

/** A registry that is away is not waited for: pipelines go on without it. */
const longestLookMs = 1_000

/** The registered tenants, for decode steps that cannot wait: as of the last refresh. */
export async function createTenantCache(directory: Pick<TenantDirectory, 'tenants'>) {
  let known: ReadonlySet<string> = new Set()
  const refresh = async () => {
    known = new Set((await directory.tenants()).map(({ id }) => id))
  }
  await refresh()
  return {
    known: () => known,
    refresh,
    /** Looks again, for a moment; true: there are some that were not known before. */
    async learn(): Promise<boolean> {
      const before = known
      const waited = new AbortController()
      await Promise.race([refresh().catch(() => undefined), pause(longestLookMs, waited.signal)])
      waited.abort()
      return [...known].some((tenant) => !before.has(tenant))
    },
  }
}
