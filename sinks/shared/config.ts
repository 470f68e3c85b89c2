import { z } from 'zod'
import { plainHttpUrl, secret, secretFile } from '#contracts/secret.ts'

/** What every store that is reached over HTTP is told: where it is, who we are, and whose organisation rows go under. */
export const storeSettings = (name: 'loki' | 'tempo') => ({
  username: z.string().min(1).optional().describe('Basic authentication, where a proxy in front asks for it.'),
  password: secret().optional().describe('Its password.'),
  passwordFile: secretFile(`${name}.password`),
  tenants: z
    .enum(['one', 'each'])
    .default('one')
    .describe('one: everything under tenantId; each: every tenant under its own X-Scope-OrgID.'),
  tenantId: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()-]{1,150}$/, "letters, digits and !_.*'()- only")
    .default('callscope')
    .describe('X-Scope-OrgID of everything, with tenants: one.'),
})

/** A URL of such a store, which holds no login. */
export const storeUrl = (name: 'loki' | 'tempo') =>
  plainHttpUrl(`put them in ${name}.username and ${name}.passwordFile`).optional()
