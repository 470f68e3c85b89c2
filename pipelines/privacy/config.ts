import { getCountries } from 'libphonenumber-js/min'
import { z } from 'zod'
import { secret, secretFile } from '#contracts/secret.ts'

const treatment = {
  parties: z
    .enum(['clear', 'lastDigits', 'hmac'])
    .default('clear')
    .describe(
      'Numbers and SIP URIs of calls: as sent; the last four digits; or a keyed hash with country and prefix kept.',
    ),
  freeText: z
    .enum(['clear', 'scrubbed'])
    .default('scrubbed')
    .describe(
      'Log lines, span attributes and evidence: numbers, SIP URIs, e-mail and IP addresses and tokens cut out.',
    ),
  defaultRegion: z
    .enum(getCountries())
    .optional()
    .describe('Country (ISO 3166) of numbers that name none, so that 030 1234567 and +49 30 1234567 are one person.'),
} as const

const moment = z.iso.datetime({ offset: true })

/** What is kept of telephone numbers, SIP URIs and free text. One policy for all, and of each tenant its own. */
const policy = z.strictObject({
  ...treatment,
  earlier: z
    .array(z.strictObject({ ...treatment, until: moment.describe('Held for events before this time.') }))
    .max(100)
    .default([])
    .describe(
      'What held before: whoever changes a policy moves the old one here, so that a replay treats old events as they were.',
    ),
})

const key = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/, 'must be 1 to 16 lower-case letters or digits')
    .describe('Stands in every hash made with it.'),
  validFrom: moment.describe('Events from this time on are hashed with this key, until the next begins.'),
  secret: secret().optional().describe('At least 32 characters.'),
  secretFile: secretFile('the secret of this key'),
})

export const privacyConfig = z.strictObject({
  default: policy.prefault({}).describe('For tenants not named below.'),
  tenants: z.record(z.string(), policy).default({}).describe('Policy by tenant.'),
  keys: z.array(key).max(100).default([]).describe('Keys of the hashes. Never take one away: replays need it.'),
})
export type PrivacyConfig = Readonly<z.infer<typeof privacyConfig>>
export type PolicyConfig = z.infer<typeof policy>
export type Treatment = Omit<PolicyConfig, 'earlier'>
