import { text } from 'node:stream/consumers'
import { shownUrl } from '#contracts/secret.ts'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { listMigrations, missingMigrations } from '#warehouse/migrate.ts'
import type { Config } from '../config.ts'
import { warehouseLocation } from '../stores/open-warehouse.ts'
import { asked, askMs, type Check, skewCheck, unwell, well } from './check.ts'

const what = 'ClickHouse'
/** Older ones lack what the queries use (the Variant-free JSON reader, temporary tables over HTTP sessions as we use them). */
const leastVersion = 25
/** What the user of the program must be allowed. */
const needed = ['SELECT', 'INSERT', 'CREATE TABLE', 'CREATE VIEW', 'ALTER TABLE', 'CREATE TEMPORARY TABLE'] as const

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
      const [version = '', theirsMs = 0] = row ?? []
      const missing = await missingMigrations(client, await listMigrations())
      return [
        Number(version.split('.')[0]) >= leastVersion
          ? well(what, `${version} at ${shownUrl(url)}`)
          : unwell(what, `${version}: version ${leastVersion} or newer is needed`),
        skewCheck(what, theirsMs, { sentMs, gotMs: now() }),
        missing.length === 0
          ? well('warehouse tables', 'up to date')
          : unwell('warehouse tables', `${missing.length} migrations are missing: run "callscope migrate"`),
        await permissions(client),
      ]
    } finally {
      await client.close()
    }
  })
}

async function permissions(client: Awaited<ReturnType<typeof connectWarehouse>>): Promise<Check> {
  const name = 'ClickHouse permissions'
  const refused: string[] = []
  for (const access of needed) {
    const on = access === 'CREATE TEMPORARY TABLE' ? '*.*' : '*'
    // It takes no FORMAT behind it, which `query` would add. Servers before 25.3 do not know it: they are not asked further.
    const answer = await client.exec({ query: `CHECK GRANT ${access} ON ${on}` }).catch(() => undefined)
    if (answer !== undefined && (await text(answer.stream)).trim() === '0') refused.push(access)
  }
  return refused.length === 0
    ? well(name, 'may read, write and make tables')
    : unwell(name, `lacks ${refused.join(', ')}: GRANT them to the user of clickhouse.username`)
}
