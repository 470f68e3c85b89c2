import { z } from 'zod'
import { secret, secretFile } from '#contracts/secret.ts'

/** The registry on a PostgreSQL server. */
export const postgresConfig = z.strictObject({
  url: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('postgres://user@host:5432/database. Without it Postgres is embedded (PGlite in the data folder).'),
  password: secret().optional().describe('Password, where the URL holds none.'),
  passwordFile: secretFile('postgres.password'),
  caFile: z.string().min(1).optional().describe('PEM file of the authority that signed the server’s certificate.'),
  tls: z
    .enum(['off', 'require', 'verify'])
    .default('off')
    .describe('require: encrypted; verify: the server’s certificate is checked, too.'),
  connections: z.int().min(2).max(100).default(6).describe('Connections that one process opens at most.'),
})
export type PostgresConfig = Readonly<z.infer<typeof postgresConfig>>
