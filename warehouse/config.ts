import { z } from 'zod'
import { plainHttpUrl, secret, secretFile } from '#contracts/secret.ts'
import type { ServerLocation } from './server-connection.ts'

/** The warehouse on a ClickHouse server. */
export const clickhouseConfig = z.strictObject({
  url: plainHttpUrl('put them in clickhouse.username and clickhouse.passwordFile')
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
  compression: z
    .enum(['zstd', 'none'])
    .default('zstd')
    .describe('Of what travels to and from the server. none: where the network costs less than processor time.'),
  requestTimeoutSeconds: z
    .int()
    .min(5)
    .max(3_600)
    .default(120)
    .describe(
      'A request without an answer after this long is given up and tried again. A balancer in between must wait as long.',
    ),
})
export type ClickhouseConfig = Readonly<z.infer<typeof clickhouseConfig>>

/** Where the settings say that the warehouse is; undefined: embedded. The password is the one given or read from its file. */
export const serverLocation = (config: ClickhouseConfig): ServerLocation | undefined => {
  const { url, username, password, database, cluster, compression } = config
  if (url === undefined) return undefined
  return {
    ...{ url, username, database, compression },
    ...(password === undefined ? {} : { password }),
    ...(cluster === undefined ? {} : { cluster }),
  }
}
