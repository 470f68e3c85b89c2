import { z } from 'zod'
import { plainHttpUrl, secret, secretFile } from '#contracts/secret.ts'

/** Trace spans of the platform to Tempo, or to anything else that takes OTLP over HTTP. */
export const tempoConfig = z.strictObject({
  url: plainHttpUrl('put them in tempo.username and tempo.passwordFile')
    .optional()
    .describe('OTLP/HTTP base URL, http://tempo:4318. Without it spans stay in the warehouse (otel_traces).'),
  queryUrl: plainHttpUrl('put them in tempo.username and tempo.passwordFile')
    .optional()
    .describe('Query URL of Tempo, http://tempo:3200, from which a call’s spans are shown.'),
  username: z.string().min(1).optional().describe('Basic authentication, where a proxy in front asks for it.'),
  password: secret().optional().describe('Its password.'),
  passwordFile: secretFile('tempo.password'),
  tenants: z
    .enum(['one', 'each'])
    .default('one')
    .describe('one: everything under tenantId; each: every tenant under its own X-Scope-OrgID.'),
  tenantId: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()-]{1,150}$/, "letters, digits and !_.*'()- only")
    .default('callscope')
    .describe('X-Scope-OrgID of everything, with tenants: one.'),
  requestTimeoutSeconds: z.int().min(1).max(300).default(30).describe('An export without an answer is tried again.'),
  spansPerTrace: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('A trace with more spans in one batch is cut: Tempo refuses traces of over 5 MB.'),
})
export type TempoConfig = Readonly<z.infer<typeof tempoConfig>>
