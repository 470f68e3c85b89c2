import fc from 'fast-check'
import { expect, test } from 'vitest'
import { privacyConfig } from './config.ts'
import { canonicalParty, partyOf, pseudonymPattern } from './parties.ts'
import { createPartyRules } from './party-rules.ts'
import { createPartySearch } from './party-search.ts'
import { lastDigitsOf, pseudonymOf } from './pseudonym.ts'
import { resolvePrivacy } from './settings.ts'

const key = { id: 'k1', validFromMs: 0, secret: 'a secret of at least 32 characters' }
const spelt = (text: string, region?: string) => canonicalParty(partyOf(text, region))
const noFile = () => {
  throw new Error('no file')
}
const settingsOf = (config: object) => {
  const resolved = resolvePrivacy(privacyConfig.parse(config), { nowMs: Date.UTC(2026, 10, 1), readFile: noFile })
  if (resolved.type === 'refused') throw new Error(resolved.problems.join())
  return resolved.settings
}

test.each([
  ['+49 30 1234567', 'tel:+49301234567'],
  ['0049301234567', 'tel:+49301234567'],
  ['030/1234567', 'tel:+49301234567'],
  ['tel:+49-30-1234567;phone-context=x', 'tel:+49301234567'],
  ['sip:+49301234567@carrier.example;user=phone', 'tel:+49301234567'],
  ['"A" <sip:0301234567;ext=1@x>;tag=2', 'tel:+49301234567'],
  ['1001', 'local:1001'],
  ['sip:Alice:secret@EXAMPLE.com:5061;lr?x=y', 'sip:Alice@example.com'],
  ['alice@example.com', 'sip:alice@example.com'],
  ['sip:al%69ce@example.com', 'sip:alice@example.com'],
  ['Alice Smith', 'name:Alice Smith'],
])('in Germany %s is %s', (text, canonical) => expect(spelt(text, 'DE')).toBe(canonical))

test('the same digits are another person in another country', () => {
  expect(spelt('030 1234567', 'DE')).not.toBe(spelt('030 1234567', 'IT'))
  expect(spelt('4930123456')).toBe('tel:+4930123456')
})

test.each(['anonymous', 'Restricted', 'sip:anonymous@anonymous.invalid', 'unavailable', '', 'erased'])(
  '%j is nobody',
  (text) => expect(partyOf(text, 'DE')).toEqual({ kind: 'nobody' }),
)

test('a pseudonym keeps country and prefix, and at least six digits secret', () => {
  const of = (text: string) => pseudonymOf(partyOf(text, undefined), 't', key)
  expect(of('+14155550100')).toMatch(/^h1\.k1\.1\.415\./)
  expect(of('+6834000')).toMatch(/^h1\.k1\.683\.-\./)
  expect(of('1001')).toMatch(/^h1\.k1\.-\.-\./)
  expect(of('sip:alice@example.com')).toMatch(pseudonymPattern)
})

test('equal people have equal pseudonyms, others, other tenants and other keys others', () => {
  const anybody = fc.oneof(
    fc.stringMatching(/^\+[1-9]\d{9,13}$/),
    fc.stringMatching(/^sip:[a-z]{1,8}@[a-z]{1,8}\.example$/),
    fc.string(),
  )
  const other = { ...key, id: 'k2', secret: `${key.secret}, another` }
  fc.assert(
    fc.property(anybody, anybody, (a, b) => {
      const [one, two] = [partyOf(a, undefined), partyOf(b, undefined)]
      const token = pseudonymOf(one, 't', key)
      expect(pseudonymOf(one, 't', key)).toBe(token)
      if (token === undefined) return
      expect(token).toMatch(pseudonymPattern)
      expect(pseudonymOf(one, 'u', key)).not.toBe(token)
      expect(pseudonymOf(one, 't', other)?.split('.')[4]).not.toBe(token.split('.')[4])
      expect(pseudonymOf(two, 't', key) === token).toBe(canonicalParty(one) === canonicalParty(two))
      // Treated again, it stays what it is.
      expect(partyOf(token, 'DE')).toEqual({ kind: 'pseudonym' })
    }),
  )
})

test.each([
  ['+49 30 1234567', '…4567'],
  ['1001', '…01'],
  ['sip:+49301234567@Carrier.example;x', '…4567@carrier.example'],
  ['sip:alice@example.com', '…@example.com'],
  ['Alice Smith', '…'],
])('of %s the last digits are %s', (text, kept) => expect(lastDigitsOf(partyOf(text, undefined))).toBe(kept))

const at = (day: string) => Date.parse(`2026-${day}T00:00:00Z`)
const twoKeys = settingsOf({
  default: { parties: 'hmac', earlier: [{ until: '2026-02-01T00:00:00Z', parties: 'lastDigits' }] },
  tenants: { open: {} },
  keys: [
    { id: 'k2', validFrom: '2026-06-01T00:00:00Z', secret: 'b'.repeat(32) },
    { id: 'k1', validFrom: '2026-03-01T00:00:00Z', secret: 'a'.repeat(32) },
  ],
})

test('policy and key are those of the event, never of today', () => {
  const rule = createPartyRules(twoKeys)
  const treated = (day: string, tenant = 't') => rule('+49301234567', { tenant, atMs: at(day) })
  expect(treated('01-31')).toBe('…4567')
  // Before the first key the first one holds.
  expect(treated('02-15')).toMatch(/^h1\.k1\./)
  expect(treated('05-31')).toBe(treated('02-15'))
  expect(treated('06-01')).toMatch(/^h1\.k2\./)
  expect(treated('06-01', 'open')).toBe('+49301234567')
})

test('a search asks for what was typed under the keys that held in its window, and no others', () => {
  const search = createPartySearch(twoKeys)
  const keysOf = (window: { sinceMs?: number; untilMs?: number }) =>
    search.alternatives(['t'], '+49301234567', window).map((token) => token.split('.')[1])
  expect(keysOf({})).toEqual(['k1', 'k2'])
  expect(keysOf({ sinceMs: at('07-01') })).toEqual(['k2'])
  expect(keysOf({ untilMs: at('04-01') })).toEqual(['k1'])
  expect(search.alternatives(['open'], '+49301234567', {})).toEqual([])
})
