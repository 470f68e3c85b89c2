import { z } from 'zod'
import { storeSettings, storeUrl } from '../shared/config.ts'

/** Call logs to Loki. */
export const lokiConfig = z.strictObject({
  url: storeUrl('loki').describe(
    'Base URL of Loki, http://loki:3100. Without it log lines stay in the warehouse (otel_logs).',
  ),
  ...storeSettings('loki'),
  servicesMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(40)
    .describe(
      'Services told apart in the label service_name of one organisation; lines of further ones are under other, with their name in the metadata. One service makes up to 112 streams, and Loki allows 5,000.',
    ),
  retentionDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(31)
    .describe('How long Loki keeps lines (its retention_period): what "callscope erase" looks through, and promises.'),
  requestTimeoutSeconds: z.int().min(1).max(300).default(30).describe('A push without an answer is tried again.'),
})
export type LokiConfig = Readonly<z.infer<typeof lokiConfig>>
