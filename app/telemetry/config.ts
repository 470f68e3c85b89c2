import { z } from 'zod'

/** What the program says about itself. */
export const telemetryConfig = z.strictObject({
  serviceName: z.string().min(1).max(100).default('callscope').describe('service.name of our own spans and log lines.'),
  tracesUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('OTLP/HTTP URL for our own spans, http://tempo:4318/v1/traces. Without it none are made.'),
  tracesShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Part of our own batches and requests that is traced, 0 to 1.'),
  logsUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Loki for our own log lines, http://loki:3100; they are written to standard error in any case.'),
  tenantId: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()-]{1,150}$/, "letters, digits and !_.*'()- only")
    .default('callscope')
    .describe('X-Scope-OrgID of our own spans and log lines.'),
})
export type TelemetryConfig = Readonly<z.infer<typeof telemetryConfig>>
