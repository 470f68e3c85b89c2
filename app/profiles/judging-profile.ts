import type { SampledCall } from '#contracts/call-charts.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import { defaultProfile, type QualityProfile } from '#quality/profile.ts'
import type { ProfileCache } from './profile-cache.ts'

/** By which profile what is drawn of calls was judged. */
export function judgingProfile({ historyOf, profileOf }: Pick<ProfileCache, 'historyOf' | 'profileOf'>) {
  return {
    /** The one that the record names. It is kept as long as the tenant is; a record made before it was is judged anew. */
    judgingProfile({ tenant, profileVersion, startedMs }: SampledCall): QualityProfile {
      const named = historyOf(tenant).find(({ profile }) => profile.version === profileVersion)
      if (named !== undefined) return named.profile
      return profileVersion === defaultProfile.version ? defaultProfile : profileOf(tenant, startedMs)
    },
    /** Tenants may be judged by different ones: what is drawn of all of them is measured by the default. */
    profileAt: (tenant: TenantScope, atMs: number): QualityProfile =>
      typeof tenant === 'string' ? profileOf(tenant, atMs) : defaultProfile,
  }
}
