import { z } from 'zod'
import { secret } from '#contracts/secret.ts'

/** What is kept of telephone numbers, SIP URIs and free text. One policy for all, and of each tenant its own. */
const policy = z.strictObject({
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
})

const key = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/, 'must be 1 to 16 lower-case letters or digits')
    .describe('Stands in every hash made with it.'),
  validFrom: z.iso.datetime({ offset: true }).describe('Events from this time on are hashed with this key.'),
  secret: secret().optional().describe('At least 32 characters.'),
  secretFile: z.string().min(1).optional().describe('File whose content is taken as the secret.'),
})

export const privacyConfig = z.strictObject({
  default: policy.prefault({}).describe('For tenants not named below.'),
  tenants: z.record(z.string(), policy).default({}).describe('Policy by tenant.'),
  keys: z.array(key).max(100).default([]).describe('Keys of the hashes, by the time from which they hold.'),
})
export type PrivacyConfig = Readonly<z.infer<typeof privacyConfig>>
