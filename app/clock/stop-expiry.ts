import { writeFileSync } from 'node:fs'
import type { ClickHouseClient } from '@clickhouse/client'
import { rowsOf, run } from '#warehouse/client.ts'

/** Whether the embedded warehouse may drop rows whose retention has passed by the machine's clock. */
export interface Expiry {
  /** Says it to the engine, where that is news to it. */
  allow(may: boolean): Promise<void>
  /** Before the engine is closed. */
  close(): Promise<void>
}

/** What keeps tables from merging anything, and what they are set to when they may: the engine's own defaults. */
const mergeSettings = {
  max_bytes_to_merge_at_max_space_in_pool: { held: 1, usual: 161_061_273_600 },
  max_bytes_to_merge_at_min_space_in_pool: { held: 1, usual: 1_048_576 },
  max_number_of_merges_with_ttl_in_pool: { held: 0, usual: 2 },
} as const

/**
 * Opens the engine so that it merges nothing until it has been told to let no row go. It drops what has expired by the machine's
 * clock within milliseconds of opening its tables, before any statement can be said: only its configuration comes earlier.
 */
export async function openWithoutMerges(
  { path, configFile }: { readonly path: string; readonly configFile: string },
  connect: () => Promise<ClickHouseClient>,
): Promise<ClickHouseClient> {
  const settings = Object.entries(mergeSettings).map(([name, { held }]) => `<${name}>${held}</${name}>`)
  writeFileSync(configFile, `<clickhouse><merge_tree>${settings.join('')}</merge_tree></clickhouse>\n`)
  const { Session } = await import('chdb')
  // The first connection of a process starts the engine; all others find it as it is.
  const first = new Session(path, { connectionArgs: [`--config-file=${configFile}`] })
  try {
    const client = await connect()
    await run(client, 'SYSTEM STOP TTL MERGES')
    const usual = Object.entries(mergeSettings).map(([name, { usual: value }]) => `${name} = ${value}`)
    await alterEach(client, '1', `MODIFY SETTING ${usual.join(', ')}`)
    return client
  } finally {
    first.close()
  }
}

/**
 * The engine lets rows go by the machine's clock, and knows of no other. It is held from the first statement on until the
 * time is sure: a clock that is a year ahead would take all rows with the next merge. A server has a clock of its own.
 */
export async function holdExpiry(client: ClickHouseClient, { merges }: { readonly merges: boolean }): Promise<Expiry> {
  let isAllowed: boolean | undefined
  await run(client, 'SYSTEM STOP TTL MERGES')
  if (merges) await resetMerges(client)
  return {
    async allow(may) {
      if (may === isAllowed) return
      // It is said of the tables that there are: those that a migration makes are told with the next word.
      isAllowed = undefined
      await run(client, may ? 'SYSTEM START TTL MERGES' : 'SYSTEM STOP TTL MERGES')
      isAllowed = may
    },
    close: () => resetMerges(client),
  }
}

/** What `openWithoutMerges` has set lasts as long as its process: the next one that is not sure must find none of it. */
const resetMerges = (client: ClickHouseClient): Promise<void> =>
  alterEach(
    client,
    `create_table_query LIKE '%${Object.keys(mergeSettings)[0]}%'`,
    `RESET SETTING ${Object.keys(mergeSettings).join(', ')}`,
  )

async function alterEach(client: ClickHouseClient, which: string, change: string): Promise<void> {
  const tables = await rowsOf<[string, string]>(
    client,
    `SELECT database, name FROM system.tables
     WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') AND engine LIKE '%MergeTree' AND ${which}`,
  )
  for (const [database, name] of tables) await run(client, `ALTER TABLE \`${database}\`.\`${name}\` ${change}`)
}
