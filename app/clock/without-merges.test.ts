import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { connectWarehouse, insertRows, rowsOf, run } from '#warehouse/client.ts'
import { holdExpiry, openWithoutMerges } from './stop-expiry.ts'

const folder = mkdtempSync(join(tmpdir(), 'callscope-expiry-'))
const path = join(folder, 'warehouse')
const connect = () => connectWarehouse({ location: { path } })
afterAll(() => rmSync(folder, { recursive: true }))

/** As a process that is not sure of the time: opened, asked, closed. */
async function lookUnsure<Seen>(look: (client: Awaited<ReturnType<typeof connect>>) => Promise<Seen>): Promise<Seen> {
  const client = await openWithoutMerges({ path, configFile: join(folder, 'engine.xml') }, connect)
  const expiry = await holdExpiry(client, { merges: false })
  try {
    return await look(client)
  } finally {
    await expiry.close()
    await client.close()
  }
}

const kept = async (client: Awaited<ReturnType<typeof connect>>) =>
  (await rowsOf<[number]>(client, 'SELECT n FROM kept ORDER BY n')).flat()

test('an engine opened while the time is not sure drops no row, again and again, and merges all the same', async () => {
  const rows = Array.from({ length: 6 }, (_, n) => n)
  await lookUnsure(async (client) => {
    await run(client, 'CREATE TABLE kept (n UInt8, expires_at DateTime) ENGINE = MergeTree ORDER BY n TTL expires_at')
    await run(client, 'SYSTEM STOP TTL MERGES')
    for (const n of rows)
      await insertRows(client, 'kept', [{ n, expires_at: n % 2 === 0 ? 1_000_000_000 : 4_000_000_000 }])
  })
  for (let life = 0; life < 3; life += 1)
    expect(
      await lookUnsure(async (client) => {
        await run(client, 'OPTIMIZE TABLE kept FINAL')
        return kept(client)
      }),
    ).toEqual(rows)
  // Nothing of it is left in the tables: the engine would read it before it reads its configuration.
  const client = await connect()
  const told = await rowsOf<[string]>(client, `SELECT create_table_query FROM system.tables WHERE name = 'kept'`)
  expect(told[0]?.[0]).not.toContain('max_bytes_to_merge')
  await run(client, 'OPTIMIZE TABLE kept FINAL')
  expect(await kept(client)).toEqual([1, 3, 5])
  await client.close()
})
