import { z } from 'zod'
import { storeSettings, storeUrl } from '../shared/config.ts'

/** Trace spans of the platform to Tempo, or to anything else that takes OTLP over HTTP. */
export const tempoConfig = z.strictObject({
  url: storeUrl('tempo').describe(
    'OTLP/HTTP base URL, http://tempo:4318. Without it spans stay in the warehouse (otel_traces).',
  ),
  queryUrl: storeUrl('tempo').describe('Query URL of Tempo, http://tempo:3200, from which a call’s spans are shown.'),
  ...storeSettings('tempo'),
  retentionDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(14)
    .describe('How long Tempo keeps spans (its block_retention): by when "callscope erase" says that they are gone.'),
  requestTimeoutSeconds: z.int().min(1).max(300).default(30).describe('An export without an answer is tried again.'),
  spansPerTrace: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('A trace with more spans in one batch is cut: Tempo refuses traces of over 5 MB.'),
})
export type TempoConfig = Readonly<z.infer<typeof tempoConfig>>
