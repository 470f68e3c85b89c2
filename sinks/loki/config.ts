import { z } from 'zod'
import { plainHttpUrl, secret, secretFile } from '#contracts/secret.ts'

/** Call logs to Loki. */
export const lokiConfig = z.strictObject({
  url: plainHttpUrl('put them in loki.username and loki.passwordFile')
    .optional()
    .describe('Base URL of Loki, http://loki:3100. Without it log lines stay in the warehouse (otel_logs).'),
  username: z.string().min(1).optional().describe('Basic authentication, where a proxy in front asks for it.'),
  password: secret().optional().describe('Its password.'),
  passwordFile: secretFile('loki.password'),
  tenants: z
    .enum(['one', 'each'])
    .default('one')
    .describe('one: everything under tenantId; each: every tenant under its own X-Scope-OrgID.'),
  tenantId: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()-]{1,150}$/, "letters, digits and !_.*'()- only")
    .default('callscope')
    .describe('X-Scope-OrgID of everything, with tenants: one.'),
  servicesMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(40)
    .describe(
      'Services told apart in the label service_name of one organisation; lines of further ones are under other, with their name in the metadata. One service makes up to 112 streams, and Loki allows 5,000.',
    ),
  requestTimeoutSeconds: z.int().min(1).max(300).default(30).describe('A push without an answer is tried again.'),
})
export type LokiConfig = Readonly<z.infer<typeof lokiConfig>>
