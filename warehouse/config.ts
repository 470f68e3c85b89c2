import { z } from 'zod'
import { secret, secretFile } from '#contracts/secret.ts'

/** The warehouse on a ClickHouse server. */
export const clickhouseConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('HTTP interface of a ClickHouse server. Without it the engine is embedded (chdb in the data folder).'),
  username: z.string().min(1).default('default').describe('User that owns the tables.'),
  password: secret().optional().describe('Its password.'),
  passwordFile: secretFile('clickhouse.password'),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be a plain name')
    .default('default')
    .describe('Database of the tables; made where it is missing.'),
  cluster: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'must be a plain name')
    .optional()
    .describe('Name of a cluster: tables are made ON CLUSTER, as Replicated engines, written by quorum.'),
  requestTimeoutSeconds: z
    .int()
    .min(5)
    .max(3_600)
    .default(120)
    .describe('A request without an answer after this long is given up and tried again.'),
})
export type ClickhouseConfig = Readonly<z.infer<typeof clickhouseConfig>>
