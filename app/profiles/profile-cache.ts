import type { Registry } from '#contracts/registry.ts'
import { type QualityProfile, qualityProfile } from '#quality/profile.ts'
import { type DatedProfile, profileAt } from '#quality/profile-history.ts'

/** Tenants' profiles as of the last refresh, for recomputes, which cannot wait for the registry at every call. */
export interface ProfileCache {
  profileOf(tenant: string, atMs: number): QualityProfile
  historyOf(tenant: string): readonly DatedProfile[]
  /** Throws, and keeps what was known, when the registry cannot be read or holds a profile that this program cannot. */
  refresh(): Promise<void>
}

/** As many as there are tenants and profiles, both few: a profile is a kilobyte, and a tenant has at most 100. */
export async function createProfileCache({ tenants, profiles }: Pick<Registry, 'tenants' | 'profiles'>) {
  let known: ReadonlyMap<string, readonly DatedProfile[]> = new Map()

  async function refresh(): Promise<void> {
    const read = new Map<string, readonly DatedProfile[]>()
    for (const { id } of await tenants.tenants()) {
      const stored = await profiles.profiles(id)
      if (stored.length === 0) continue
      read.set(
        id,
        stored.map(({ version, validFromMs, thresholds }) => {
          const parsed = qualityProfile.safeParse(thresholds)
          if (parsed.success) return { validFromMs, profile: parsed.data }
          const [issue] = parsed.error.issues
          const what = `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`
          throw new Error(`the quality profile "${version}" of tenant "${id}" cannot be read: ${what}`)
        }),
      )
    }
    known = read
  }

  await refresh()
  const historyOf = (tenant: string) => known.get(tenant) ?? []
  const cache: ProfileCache = {
    historyOf,
    profileOf: (tenant, atMs) => profileAt(historyOf(tenant), atMs),
    refresh,
  }
  return cache
}
