import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** What a caller or callee is called, whichever way it was written. */
export type Party =
  /** Caller id withheld, and the like: nobody's data. */
  | { readonly kind: 'nobody' }
  /** A pseudonym of ours. */
  | { readonly kind: 'pseudonym' }
  /** `digits` of E.164 without the plus where country and number are possible, else as dialled. */
  | {
      readonly kind: 'number'
      readonly digits: string
      readonly country: string | undefined
      readonly national: string
      readonly host: string | undefined
    }
  | { readonly kind: 'address'; readonly user: string; readonly host: string }
  | { readonly kind: 'name'; readonly name: string }

const nobodies = new Set([
  ...[
    'anonymous',
    'unavailable',
    'restricted',
    'unknown',
    'private',
    'withheld',
    'blocked',
    'private number',
    'unknown number',
  ],
  ...['anonymous caller', 'no caller id', 'payphone', 'coin line/payphone', 'erased', 'none', 'null', '-'],
])

/** A token of pseudonym.ts. */
export const pseudonymPattern: RegExp = /^h1\.[a-z0-9]{1,16}\.(?:\d{1,3}|-)\.(?:\d{1,3}|-)\.[A-Za-z0-9_-]{22}$/
const shortened = /^…\d{0,4}(?:@\S{1,200})?$/

/** Digits with visual separators (RFC 3966, clause 5.1.1), with or without a plus. */
const numberLike = /^\+?[\d ().\-/\u00a0]*\d[\d ().\-/\u00a0]*[*#]?$/
const scheme = /^(sips?|tel):/i
const nameAddr = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^<>]+)>/

/** What the text means. `region`: country of numbers that name none. Never throws. */
export function partyOf(text: string, region: string | undefined): Party {
  const bracketed = nameAddr.exec(text)
  const inner = (bracketed?.[3] ?? text).trim()
  if (inner === '' || nobodies.has(inner.toLowerCase())) return { kind: 'nobody' }
  if (pseudonymPattern.test(inner) || shortened.test(inner)) return { kind: 'pseudonym' }
  const schemed = scheme.exec(inner)
  const rest = schemed === null ? inner : inner.slice(schemed[0].length)
  const at = rest.lastIndexOf('@')
  // Parameters follow the host; those of a tel URI, and of a number in a SIP user part, follow the number.
  const user = decoded((at < 0 ? rest : rest.slice(0, at)).split(/[;:?]/, 1)[0] ?? '')
  const host = at < 0 ? undefined : hostOf(rest.slice(at + 1))
  if (nobodies.has(user.toLowerCase()) || host === 'anonymous.invalid') return { kind: 'nobody' }
  if (numberLike.test(user)) return numberOf(user, region, host)
  if (host !== undefined) return { kind: 'address', user, host }
  // sip:registrar.example.com names no user: a host.
  return schemed === null
    ? { kind: 'name', name: inner.normalize('NFC') }
    : { kind: 'address', user: '', host: hostOf(rest) }
}

/** RFC 3261, 19.1.4: the host in any case, without parameters; a port says nothing of a person. */
const hostOf = (text: string): string => (/^(\[[^\]]*\]|[^;:?>\s]*)/.exec(text)?.[1] ?? '').toLowerCase()

function decoded(user: string): string {
  try {
    return decodeURIComponent(user)
  } catch {
    return user
  }
}

const leastNational = 7

function numberOf(text: string, region: string | undefined, host: string | undefined): Party {
  const digits = text.replace(/\D/g, '')
  const parsed = readings(text, digits, region).find((reading) => reading?.isPossible() === true)
  if (parsed === undefined) return { kind: 'number', digits, country: undefined, national: digits, host }
  const country = parsed.countryCallingCode as string
  const national = parsed.nationalNumber as string
  return { kind: 'number', digits: `${country}${national}`, country, national, host }
}

/** Ways to read it, the likeliest first: with a plus or 00 as it stands; else as of the region, then as if the plus were missing. */
function readings(text: string, digits: string, region: string | undefined) {
  const international = (full: string) => parsePhoneNumberFromString(`+${full}`)
  if (text.startsWith('+')) return [international(digits)]
  if (digits.startsWith('00')) return [international(digits.slice(2))]
  // An extension: a country with short numbers would make somebody else of it.
  if (digits.length < leastNational) return []
  const own = region === undefined ? undefined : parsePhoneNumberFromString(digits, region as CountryCode)
  // Without a plus few digits are an extension or a subscriber's number, and no country begins with 0.
  const foreign = digits.length >= 10 && !digits.startsWith('0') ? international(digits) : undefined
  return own?.isValid() === false && foreign?.isValid() === true ? [foreign] : [own, foreign]
}

/** The one text for all spellings of one party: what is hashed. Undefined for what is nobody, or is no longer anybody. */
export function canonicalParty(party: Party): string | undefined {
  if (party.kind === 'number') return party.country === undefined ? `local:${party.digits}` : `tel:+${party.digits}`
  if (party.kind === 'address') return `sip:${party.user}@${party.host}`
  return party.kind === 'name' ? `name:${party.name}` : undefined
}
