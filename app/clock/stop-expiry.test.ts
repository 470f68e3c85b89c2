import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectWarehouse, insertRows, rowsOf, run } from '#warehouse/client.ts'
import { holdExpiry } from './stop-expiry.ts'

const path = mkdtempSync(join(tmpdir(), 'callscope-expiry-'))
const connect = () => connectWarehouse({ location: { path } })
let client: Awaited<ReturnType<typeof connect>>
beforeAll(async () => {
  client = await connect()
})
afterAll(async () => {
  await client.close()
  rmSync(path, { recursive: true })
})

test('rows whose time has passed by the machine’s clock stay while that is not sure, on whichever connection, and go afterwards', async () => {
  const other = await connect()
  await run(other, 'CREATE TABLE kept (n UInt8, expires_at DateTime) ENGINE = MergeTree ORDER BY n TTL expires_at')
  const expiry = await holdExpiry(client, { merges: true })
  await insertRows(other, 'kept', [
    { n: 1, expires_at: 1_000_000_000 },
    { n: 2, expires_at: 4_000_000_000 },
  ])
  const merged = async () => {
    await run(other, 'OPTIMIZE TABLE kept FINAL')
    return (await rowsOf<[number]>(other, 'SELECT n FROM kept ORDER BY n')).flat()
  }
  expect(await merged()).toEqual([1, 2])
  await expiry.allow(false)
  expect(await merged()).toEqual([1, 2])
  await expiry.allow(true)
  expect(await merged()).toEqual([2])
  await expiry.allow(false)
  await insertRows(other, 'kept', [{ n: 3, expires_at: 1_000_000_000 }])
  expect(await merged()).toEqual([2, 3])
  await other.close()
})
