import type { PartySearch } from '#contracts/privacy.ts'
import { partyOf } from './parties.ts'
import { pseudonymOf } from './pseudonym.ts'
import type { PrivacySettings } from './settings.ts'

/** A call is named by events that may lie a day before and after its start. */
const slackMs = 86_400_000

/** Tenants times keys times readings that one search asks for at most. */
const maxAlternatives = 5_000

/** Finds persons whose names are hashed, by every key that held in the window: rotation keeps old joins readable. */
export function createPartySearch(settings: PrivacySettings): PartySearch {
  return {
    alternatives(tenants, typed, { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }) {
      const keys = settings.keys.filter(({ validFromMs }, at) => {
        // The first key holds for all before it, too; the last one for all after it.
        const from = at === 0 ? Number.NEGATIVE_INFINITY : validFromMs
        const until = settings.keys[at + 1]?.validFromMs ?? Number.POSITIVE_INFINITY
        return from <= untilMs + slackMs && until >= sinceMs - slackMs
      })
      const found = new Set<string>()
      for (const tenant of tenants) {
        const hashed = settings.policiesOf(tenant).filter(({ parties }) => parties === 'hmac')
        for (const region of new Set(hashed.map(({ defaultRegion }) => defaultRegion))) {
          const party = partyOf(typed, region)
          for (const key of keys) {
            const pseudonym = pseudonymOf(party, tenant, key)
            if (pseudonym !== undefined && found.size < maxAlternatives) found.add(pseudonym)
          }
        }
      }
      return [...found]
    },
  }
}
