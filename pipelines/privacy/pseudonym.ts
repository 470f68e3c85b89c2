import { createHmac } from 'node:crypto'
import { canonicalParty, type Party, partyOf } from './parties.ts'
import type { HashKey } from './settings.ts'

/** The rest of a national number, digits, that country and prefix must leave a secret: a group of a million. */
const leastHidden = 6
const mostPrefix = 3

/**
 * `h1.<key id>.<country calling code>.<first digits of the national number>.<hash>`; `-` where they are not known. The hash is
 * HMAC-SHA-256 over tenant and party, cut to 128 bits: equal people of two tenants do not join.
 */
export function pseudonymOf(party: Party, tenant: string, key: HashKey): string | undefined {
  const canonical = canonicalParty(party)
  if (canonical === undefined) return undefined
  const country = party.kind === 'number' ? party.country : undefined
  const prefix = party.kind === 'number' && country !== undefined ? prefixOf(party.national) : ''
  const hash = createHmac('sha256', key.secret).update(`callscope party 1\u0000${tenant}\u0000${canonical}`).digest()
  return `h1.${key.id}.${country ?? '-'}.${prefix || '-'}.${hash.subarray(0, 16).toString('base64url')}`
}

const prefixOf = (national: string): string =>
  national.slice(0, Math.max(0, Math.min(mostPrefix, national.length - leastHidden)))

/** `…4567`, and of a SIP URI `…4567@host`. At most half of the digits are kept: an extension has few. */
export function lastDigitsOf(party: Party): string | undefined {
  if (party.kind === 'name') return '…'
  if (party.kind === 'address') return `…@${party.host}`
  if (party.kind !== 'number') return undefined
  const kept = Math.min(4, party.digits.length >> 1)
  return `…${kept === 0 ? '' : party.digits.slice(-kept)}${party.host === undefined ? '' : `@${party.host}`}`
}

/** What may be stored of somebody typed by a person: under every key and reading. */
export const pseudonymsOf = (
  typed: string,
  tenant: string,
  { keys, regions }: { readonly keys: readonly HashKey[]; readonly regions: readonly (string | undefined)[] },
): readonly string[] => [
  ...new Set(
    regions.flatMap((region) => {
      const party = partyOf(typed, region)
      return keys.flatMap((key) => pseudonymOf(party, tenant, key) ?? [])
    }),
  ),
]
