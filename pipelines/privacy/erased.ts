import { createHmac } from 'node:crypto'
import type { Erasure } from '#contracts/privacy.ts'
import { canonicalParty, partyOf } from './parties.ts'
import { pseudonymsOf } from './pseudonym.ts'
import type { PrivacySettings } from './settings.ts'

/** Who and what is to be forgotten, as decode steps ask it. */
export interface ErasedSubjects {
  /** True while nothing of the tenant's is: nothing has to be hashed then. */
  readonly isEmpty: (tenant: string) => boolean
  readonly party: (tenant: string, text: string, region: string | undefined) => boolean
  readonly call: (tenant: string, correlationId: string) => boolean
  /** Sequence of the last erasure on this list; 0 where it is empty. */
  readonly until: number
  /** Tenants of which anything is to be forgotten. */
  readonly tenants: readonly string[]
  /** Correlation ids of a tenant's erased calls. */
  readonly calls: (tenant: string) => ReadonlySet<string>
}

/** The subjects of an erasure: what the person is called, read in every way, and every pseudonym that may be stored. */
export function subjectsOf(
  typed: string,
  { tenant, salt, settings }: { readonly tenant: string; readonly salt: string; readonly settings: PrivacySettings },
): readonly string[] {
  const regions = [...new Set(settings.policiesOf(tenant).map(({ defaultRegion }) => defaultRegion))]
  const canonical = regions.flatMap((region) => canonicalParty(partyOf(typed, region)) ?? [])
  const tokens = pseudonymsOf(typed, tenant, { keys: settings.keys, regions })
  return [...new Set([...canonical, ...tokens])].map((text) => subjectHash(text, tenant, salt))
}

const subjectHash = (text: string, tenant: string, salt: string): string =>
  createHmac('sha256', salt).update(`callscope erasure 1\u0000${tenant}\u0000${text}`).digest('hex').slice(0, 32)

const none: ReadonlySet<string> = new Set()
export const nobodyErased: ErasedSubjects = {
  isEmpty: () => true,
  party: () => false,
  call: () => false,
  tenants: [],
  until: 0,
  calls: () => none,
}

/** Looks parties up in a list of erasures. As many as were ever told: people ask for it, not programs. */
export function erasedSubjects(erasures: readonly Erasure[], salt: string): ErasedSubjects {
  const byTenant = new Map<string, { readonly parties: Set<string>; readonly calls: Set<string> }>()
  for (const { tenant, kind, subjects } of erasures) {
    const known = byTenant.get(tenant) ?? { parties: new Set<string>(), calls: new Set<string>() }
    byTenant.set(tenant, known)
    for (const subject of subjects) (kind === 'party' ? known.parties : known.calls).add(subject)
  }
  return {
    isEmpty: (tenant) => !byTenant.has(tenant),
    until: erasures.reduce((most, { sequence }) => Math.max(most, sequence), 0),
    tenants: [...byTenant.keys()],
    calls: (tenant) => byTenant.get(tenant)?.calls ?? none,
    call: (tenant, correlationId) => byTenant.get(tenant)?.calls.has(correlationId) ?? false,
    party(tenant, text, region) {
      const parties = byTenant.get(tenant)?.parties
      if (parties === undefined || parties.size === 0) return false
      const party = partyOf(text, region)
      const asked = party.kind === 'pseudonym' ? text : canonicalParty(party)
      return asked !== undefined && parties.has(subjectHash(asked, tenant, salt))
    },
  }
}
