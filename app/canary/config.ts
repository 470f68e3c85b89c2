import { z } from 'zod'
import { plainHttpUrl } from '#contracts/secret.ts'

/** Synthetic calls with known truth, sent through the real path (`callscope canary`). */
export const canaryConfig = z.strictObject({
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .default('canary')
    .describe('Tenant of the synthetic calls: nobody else’s, so that no figure of a customer counts them.'),
  everySeconds: z.int().min(10).max(86_400).default(60).describe('From the start of a round to that of the next.'),
  withinSeconds: z
    .int()
    .min(5)
    .max(3_600)
    .default(60)
    .describe('What is not in its store after this long is missing; what comes in the last two thirds of it is late.'),
  calls: z.int().min(1).max(1_000).default(6).describe('Calls of one round.'),
  prometheusUrl: plainHttpUrl('Prometheus is asked without a login')
    .optional()
    .describe('Prometheus that scrapes the workers, http://prometheus:9090: its count of ended calls must rise.'),
})
export type CanaryConfig = Readonly<z.infer<typeof canaryConfig>>
