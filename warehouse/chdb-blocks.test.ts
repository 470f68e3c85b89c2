import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { expect, test } from 'vitest'
import { withBlocks } from './chdb-blocks.ts'
import type { Connection } from './chdb-turns.ts'
import { connectWarehouse, rowsOf } from './client.ts'

const aFolder = (name: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'callscope-blocks-')), name)
  mkdirSync(path)
  return path
}

async function withTable<Result>(path: string, use: (client: ClickHouseClient) => Promise<Result>): Promise<Result> {
  const client = await connectWarehouse({ location: { path } })
  try {
    await client.command({ query: 'CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n' })
    return await use(client)
  } finally {
    await client.close()
  }
}

/** One column `n` of UInt8, which says that it holds `rows` rows. */
const aBlock = (values: readonly number[], rows = values.length): Buffer =>
  Buffer.from([1, rows, 1, 0x6e, 5, ...Buffer.from('UInt8'), ...values])

async function insert(client: Pick<ClickHouseClient, 'exec'>, block: Buffer): Promise<void> {
  const values = Readable.from([block], { objectMode: false })
  const { stream } = await client.exec({ query: 'INSERT INTO t (n) FORMAT Native', values })
  stream.destroy()
}

test.each(['plain', '{a}', '{a,b}', '{1..3}', '{', '}', '*', 'a?', '[a]', "it's", 'a\\b', 'a b', 'a.zip::b', ':::'])(
  'a block is stored where the folder is called %s',
  async (name) => {
    const path = aFolder(name)
    await withTable(path, async (client) => {
      await insert(client, aBlock([1, 2, 3]))
      expect(await rowsOf(client, 'SELECT groupArray(n) FROM t')).toEqual([[[1, 2, 3]]])
      expect(readdirSync(join(path, 'callscope-blocks'))).toEqual([])
    })
  },
)

test('a block of more rows than one byte can tell is stored whole', async () => {
  const values = Array.from({ length: 300 }, () => 7)
  const block = Buffer.concat([Buffer.from([1, 0xac, 0x02]), aBlock(values, 0).subarray(2)])
  await withTable(aFolder('long'), async (client) => {
    await insert(client, block)
    expect(await rowsOf(client, 'SELECT count() FROM t')).toEqual([[300]])
  })
})

test.each(['{a}', '*', 'plain'])('a block that the engine does not find is no acknowledgement: %s', async (name) => {
  await withTable(aFolder('elsewhere'), async (client) => {
    // The engine is sent to a pattern that nothing matches, as a path with braces once was.
    const connection = {
      exec: ({ query }: { query: string }) => client.exec({ query: query.replaceAll('.native', `{x}${name}.native`) }),
    } as unknown as Connection
    const blocks = withBlocks(connection, aFolder(name)) as unknown as ClickHouseClient
    await expect(insert(blocks, aBlock([1, 2, 3]))).rejects.toThrow()
    expect(await rowsOf(client, 'SELECT count() FROM t')).toEqual([[0]])
  })
})

test('a block cut off, or empty, is no acknowledgement', async () => {
  await withTable(aFolder('cut'), async (client) => {
    await expect(insert(client, aBlock([1, 2], 3))).rejects.toThrow()
    await expect(insert(client, Buffer.alloc(0))).rejects.toThrow(/no head/)
    expect(await rowsOf(client, 'SELECT count() FROM t')).toEqual([[0]])
  })
})
