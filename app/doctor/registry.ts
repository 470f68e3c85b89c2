import { shownUrl } from '#contracts/secret.ts'
import { asSystem, type Database } from '#registry/database.ts'
import { createKeyEnds } from '#registry/key-ends.ts'
import { missingMigrations } from '#registry/migrate.ts'
import { readMigrations } from '#registry/migrations.ts'
import { missingGrants } from '#registry/permissions.ts'
import { migrationsFolder } from '#registry/registry.ts'
import { createWatermarkReaders } from '#registry/watermark-readers.ts'
import type { Config } from '../config.ts'
import { openPostgres } from '../stores/open-registry.ts'
import { asked, type Check, skewCheck, unwell, well } from './check.ts'

const what = 'PostgreSQL'
const permissions = 'PostgreSQL permissions'
/** Functions with a body in SQL, which the migrations make, came with it. */
const leastVersion = 14

/** Reaches the server, and looks at its version, clock, permissions, tables, tenants and keys. Changes nothing. */
export async function checkRegistry(config: Config, now: () => number): Promise<readonly Check[]> {
  const url = shownUrl(config.postgres.url ?? '')
  const fix = `is ${url} right (postgres.url), and is the password right?`
  return asked(what, fix, async () => {
    const database = await openPostgres(config)
    try {
      const server = await serverChecks(database, url, now)
      const grants = await missingGrants(database)
      if (grants.length > 0)
        return [...server, unwell(permissions, `lacking; an administrator has to run: ${grants.join('; ')}`)]
      return [...server, ...(await contentChecks(database, config))]
    } finally {
      await database.close()
    }
  })
}

async function serverChecks(database: Database, url: string, now: () => number): Promise<readonly Check[]> {
  const sentMs = now()
  const [row] = await database.query(
    `SELECT current_setting('server_version') AS version, extract(epoch FROM clock_timestamp()) * 1000 AS ms,
       pg_is_in_recovery() AS standby`,
  )
  const gotMs = now()
  const version = String(row?.version)
  const found = `${version} at ${url}`
  return [
    Number.parseInt(version, 10) < leastVersion
      ? unwell(what, `${version}: version ${leastVersion} or newer is needed`)
      : row?.standby === true
        ? unwell(what, `${found} is a standby, which takes no writes: name the primary (postgres.url)`)
        : well(what, found),
    skewCheck(what, Number(row?.ms), { sentMs, gotMs }),
  ]
}

async function contentChecks(database: Database, config: Config): Promise<readonly Check[]> {
  const missing = await missingMigrations(database, await readMigrations(migrationsFolder))
  if (missing.length > 0)
    return [unwell('registry tables', `${missing.length} migrations are missing: run "callscope migrate"`)]
  return [
    well(permissions, 'may read and write the registry'),
    well('registry tables', 'up to date'),
    await tenants(database),
    await keys(database, config),
    await readers(database, config),
  ]
}

/** As the program itself: whoever owns the tables sees no rows of any tenant. */
const countIn = (database: Database, table: string) =>
  asSystem(database, async ({ query }) => Number((await query(`SELECT count(*) AS n FROM callscope.${table}`))[0]?.n))

async function tenants(database: Database): Promise<Check> {
  const count = await countIn(database, 'tenants')
  return count > 0
    ? well('tenants', `${count} registered`)
    : unwell('tenants', 'none: messages that name one are refused; add them to the setting tenants')
}

/** Longer than any worker is away that is started anew. */
const longSilentMs = 15 * 60_000

/** Calls wait for what a pipeline has not read yet: one that nobody runs keeps all of them from settling. */
async function readers(database: Database, { summaries }: Config): Promise<Check> {
  const silent = (await createWatermarkReaders(database).silent()).filter(({ silentMs }) => silentMs > longSilentMs)
  if (silent.length === 0) return well('readers', 'no topic that calls wait for is without a worker')
  const topics = silent.map(({ topic, silentMs }) => `${topic} for ${Math.floor(silentMs / 60_000)} min`).join(', ')
  const fix = `run "callscope worker" with its pipeline (calls, evidence), or wait until ${summaries.unreadHours} h have passed (summaries.unreadHours)`
  return unwell('readers', `calls wait for topics that no worker reads: ${topics}; ${fix}`)
}

/** More are not counted. */
const manyKeys = 100_000

async function keys(database: Database, { allowRemoteWithoutKeys }: Config): Promise<Check> {
  const count = (await createKeyEnds(database, Date.now).hashes(manyKeys)).length
  return count > 0 || allowRemoteWithoutKeys
    ? well('API keys', `${count}`)
    : unwell('API keys', 'none: others can neither send nor read; make one with "callscope keys create"')
}
