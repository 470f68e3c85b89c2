import type { Whose } from '#contracts/privacy.ts'
import { partyOf } from './parties.ts'
import { lastDigitsOf, pseudonymOf } from './pseudonym.ts'
import type { PrivacySettings } from './settings.ts'

/** Callers come again and again, and a hash costs ten times what looking it up does. About 200 bytes each. */
const maxRemembered = 20_000

/** What is stored of a party under the policy and key of its time. Withheld callers and pseudonyms stay as they are. */
export function createPartyRules(settings: PrivacySettings): (text: string, whose: Whose) => string {
  const remembered = new Map<string, string>()

  function treat(text: string, { tenant, atMs }: Whose): string {
    const { parties, defaultRegion } = settings.policyAt(tenant, atMs)
    if (parties === 'clear') return text
    const party = partyOf(text, defaultRegion)
    // Nobody's number may still come with somebody's name before it.
    if (party.kind === 'nobody') return text.includes('<') ? 'anonymous' : text
    if (parties === 'lastDigits') return lastDigitsOf(party) ?? text
    const key = settings.keyAt(atMs)
    // Refused at start; a part that is wired without a key must not store anybody in clear.
    return key === undefined ? '…' : (pseudonymOf(party, tenant, key) ?? text)
  }

  return function partyRule(text, whose) {
    const { parties, defaultRegion = '' } = settings.policyAt(whose.tenant, whose.atMs)
    if (parties === 'clear') return text
    const key = parties === 'hmac' ? settings.keyAt(whose.atMs)?.id : ''
    const name = `${parties} ${key} ${defaultRegion} ${whose.tenant}\u0000${text}`
    const known = remembered.get(name)
    if (known !== undefined) return known
    if (remembered.size >= maxRemembered) remembered.clear()
    const treated = treat(text, whose)
    remembered.set(name, treated)
    return treated
  }
}
