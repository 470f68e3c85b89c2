import { text } from 'node:stream/consumers'
import type { ClickHouseClient } from '@clickhouse/client'
import { shownUrl } from '#contracts/secret.ts'
import { refusedTables } from '#warehouse/access.ts'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { listMigrations, missingMigrations } from '#warehouse/migrate.ts'
import type { Config } from '../config.ts'
import { warehouseLocation } from '../stores/open-warehouse.ts'
import { asked, askMs, type Check, skewCheck, unwell, well } from './check.ts'

const what = 'ClickHouse'
/** Older ones lack what the queries use (the Variant-free JSON reader, temporary tables over HTTP sessions as we use them). */
const leastVersion = 25
/** What the user of the program must be allowed, beside to read and write each table: to make and change them. */
const needed = ['CREATE TABLE', 'CREATE VIEW', 'ALTER TABLE', 'CREATE TEMPORARY TABLE'] as const

/** Reaches the server, and looks at its version, clock, permissions and migrations. */
export async function checkWarehouse(config: Config, now: () => number): Promise<readonly Check[]> {
  const { url = '', database } = config.clickhouse
  const fix = `is ${shownUrl(url)} right (clickhouse.url), does database "${database}" exist ("callscope migrate"), are user and password right?`
  return asked(what, fix, async () => {
    const client = await connectWarehouse({
      location: warehouseLocation({ config, folder: undefined }),
      maxQueryMs: askMs,
    })
    try {
      const sentMs = now()
      const [row] = await rowsOf<[string, number]>(client, 'SELECT version(), toUnixTimestamp64Milli(now64(3))')
      const gotMs = now()
      const [version = '', theirsMs = 0] = row ?? []
      const missing = await missingMigrations(client, await listMigrations())
      return [
        Number(version.split('.')[0]) >= leastVersion
          ? well(what, `${version} at ${shownUrl(url)}`)
          : unwell(what, `${version}: version ${leastVersion} or newer is needed`),
        skewCheck(what, theirsMs, { sentMs, gotMs }),
        missing.length === 0
          ? well('warehouse tables', 'up to date')
          : unwell('warehouse tables', `${missing.length} migrations are missing: run "callscope migrate"`),
        ...(await permissions(client, config)),
      ]
    } finally {
      await client.close()
    }
  })
}

const name = 'ClickHouse permissions'

async function permissions(client: ClickHouseClient, { clickhouse }: Config): Promise<readonly Check[]> {
  const { database, username } = clickhouse
  const { read, written } = await refusedTables(client)
  const lacking = await refusedGrants(client)
  const grants = [
    ...placesOf(database, read).map((place) => `GRANT SELECT ON ${place}`),
    ...placesOf(database, written).map((place) => `GRANT INSERT ON ${place}`),
    ...(lacking === 'not asked' ? [] : lacking.map((access) => `GRANT ${access} ON ${scopeOf(access, database)}`)),
  ].map((grant) => `${grant} TO ${username}`)
  if (grants.length > 0)
    return [unwell(name, `lacking, or the profile of this user is read-only; run: ${grants.join('; ')}`)]
  const making = lacking === 'not asked' ? '; this server cannot be asked whether they may be made' : ', and make them'
  return [well(name, `may read and write all tables${making}`)]
}

/** Where it is more than a few tables, it is all of them. */
const placesOf = (database: string, tables: readonly string[]): readonly string[] =>
  tables.length > 3 ? [`${database}.*`] : tables.map((table) => `${database}.${table}`)

const scopeOf = (access: string, database: string): string =>
  access === 'CREATE TEMPORARY TABLE' ? '*.*' : `${database}.*`

/** CHECK GRANT takes no FORMAT behind it, which `query` would add. Servers before 25.3 do not know it. */
async function refusedGrants(client: ClickHouseClient): Promise<readonly string[] | 'not asked'> {
  const refused: string[] = []
  for (const access of needed) {
    const on = access === 'CREATE TEMPORARY TABLE' ? '*.*' : '*'
    const answer = await client.exec({ query: `CHECK GRANT ${access} ON ${on}` }).catch(() => undefined)
    if (answer === undefined) return 'not asked'
    if ((await text(answer.stream)).trim() === '0') refused.push(access)
  }
  return refused
}
