import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClickhouseFront, startClickhouseFront } from './servers/clickhouse-front.ts'

let folder: string
let front: ClickhouseFront
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-front-'))
  front = await startClickhouseFront({ folder, users: { default: '', ann: 'wörd:1' } })
})
afterAll(async () => {
  await front?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const connect = (over: Parameters<typeof createClient>[0] = {}) =>
  createClient({ url: front.url, log: { level: ClickHouseLogLevel.OFF }, ...over })
const rowsOf = async (client: ReturnType<typeof connect>, query: string, rest: object = {}) =>
  (await client.query({ query, format: 'JSONCompactEachRow', ...rest })).json()

describe('the front that stands in for a ClickHouse server', () => {
  test('takes inserts in every format callscope sends, compressed or not', async () => {
    for (const codec of ['gzip', 'zstd', undefined] as const) {
      const compression = codec === undefined ? {} : { request: { codec }, response: { codec } }
      const client = connect({ compression })
      await client.command({ query: 'CREATE OR REPLACE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n' })
      await client.insert({ table: 't', values: [{ n: 1, s: "ä'\t" }], format: 'JSONEachRow' })
      const values = () => Readable.from([Buffer.from('2\tö\\n\n3\t\n')], { objectMode: false })
      const { summary } = await client.insert({
        table: 't',
        columns: ['n', 's'],
        values: values(),
        format: 'TabSeparated',
      })
      expect(summary?.written_rows).toBe('2')
      const block = Buffer.from([1, 1, 1, 0x6e, 6, ...Buffer.from('UInt64'), 4, 0, 0, 0, 0, 0, 0, 0])
      const { stream } = await client.exec({
        query: 'INSERT INTO t (n) FORMAT Native',
        values: Readable.from([block], { objectMode: false }),
      })
      stream.destroy()
      expect(await rowsOf(client, 'SELECT n, s FROM t ORDER BY n')).toEqual([
        [1, "ä'\t"],
        [2, 'ö\n'],
        [3, ''],
        [4, ''],
      ])
      await client.close()
    }
  })

  test('takes parameters, and settings for one request only', async () => {
    const client = connect()
    const query_params = { a: "it's\ta \\ tab", l: ['x', "y'"], n: 7, none: null }
    const query = 'SELECT {a:String}, {l:Array(String)}, {n:UInt8}, {none:Nullable(String)}'
    expect(await rowsOf(client, query, { query_params })).toEqual([["it's\ta \\ tab", ['x', "y'"], 7, null]])
    await expect(rowsOf(client, 'SELECT {a:String}')).rejects.toMatchObject({ code: '456' })
    expect(
      await rowsOf(client, "SELECT getSetting('max_threads')", { clickhouse_settings: { max_threads: 3 } }),
    ).toEqual([[3]])
    const plain = await rowsOf(client, "SELECT getSetting('max_threads') = 3")
    expect(plain).toEqual([[0]])
    await client.close()
  })

  test('keeps temporary tables within a session, which does one thing at a time and ends', async () => {
    const one = connect({ session_id: 'one' })
    const other = connect({ session_id: 'other' })
    await one.command({ query: 'CREATE TEMPORARY TABLE mine (n UInt8)' })
    await one.command({ query: 'INSERT INTO mine SELECT 1' })
    expect(await rowsOf(one, 'SELECT n FROM mine')).toEqual([[1]])
    await expect(rowsOf(other, 'SELECT n FROM mine')).rejects.toMatchObject({ code: '60' })
    const slow = rowsOf(one, 'SELECT sleep(1)')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await expect(rowsOf(one, 'SELECT 1')).rejects.toMatchObject({ code: '373', type: 'SESSION_IS_LOCKED' })
    await slow
    const short = connect({ session_id: 'short', clickhouse_settings: { session_timeout: '0' } })
    await short.command({ query: 'CREATE TEMPORARY TABLE mine (n UInt8)' })
    await expect.poll(() => rowsOf(short, 'SELECT n FROM mine').catch(({ code }) => code)).toBe('60')
    await Promise.all([one, other, short].map((client) => client.close()))
  })

  test('answers errors as a server does', async () => {
    const post = (query: string) => fetch(front.url, { method: 'POST', body: query })
    const unknown = await post('SELECT * FROM nowhere')
    expect([unknown.status, unknown.headers.get('x-clickhouse-exception-code')]).toEqual([404, '60'])
    expect(await unknown.text()).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\)/)
    expect((await post('SELECT 1 FROM WHERE (')).status).toBe(400)
    expect((await post('SELECT throwIf(1)')).status).toBe(500)
    await expect(rowsOf(connect({ database: 'nowhere' }), 'SELECT 1')).rejects.toMatchObject({ code: '81' })
    expect(await (await fetch(`${front.url}/ping`)).text()).toBe('Ok.\n')
    expect(await connect().ping()).toEqual({ success: true })
  })

  test('knows who asks', async () => {
    expect(await rowsOf(connect({ username: 'ann', password: 'wörd:1' }), 'SELECT 1')).toEqual([[1]])
    await expect(rowsOf(connect({ username: 'ann', password: 'no' }), 'SELECT 1')).rejects.toMatchObject({
      code: '516',
    })
    const headers = { 'X-ClickHouse-User': 'ann', 'X-ClickHouse-Key': 'no' }
    expect((await fetch(front.url, { method: 'POST', body: 'SELECT 1', headers })).status).toBe(403)
  })

  test('keeps databases apart', async () => {
    await connect().command({ query: 'CREATE DATABASE IF NOT EXISTS apart' })
    const apart = connect({ database: 'apart' })
    await apart.command({ query: 'CREATE TABLE only (n UInt8) ENGINE = MergeTree ORDER BY n' })
    expect(await rowsOf(apart, 'SELECT count() FROM only')).toEqual([[0]])
    await expect(rowsOf(connect(), 'SELECT count() FROM only')).rejects.toMatchObject({ code: '60' })
  })
})

describe('its faults', () => {
  const insert = (n: number) => connect().command({ query: `INSERT INTO f SELECT ${n}` })
  const stored = () => rowsOf(connect(), 'SELECT n FROM f ORDER BY n')

  test('every third insert fails before it is stored, or after', async () => {
    await connect().command({ query: 'CREATE TABLE f (n UInt8) ENGINE = MergeTree ORDER BY n' })
    await front.control.set({ failInsert: 3 })
    const before = await Promise.allSettled([await insert(1), await insert(2), insert(3)].map(async (it) => it))
    expect(before.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(await stored()).toEqual([[1], [2]])
    await front.control.set({ failInsert: 1, failWhen: 'after', failHow: 'cut' })
    await expect(insert(4)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await front.control.counts()).toMatchObject({ inserts: 1, failed: 1 })
    await front.control.set({})
    expect(await stored()).toEqual([[1], [2], [4]])
  })

  test('it is slow, cuts, answers as a broken proxy, or refuses, and comes back', async () => {
    await front.control.set({ slowMs: 1_500 })
    await expect(rowsOf(connect({ request_timeout: 300 }), 'SELECT 1')).rejects.toThrow('Timeout')
    await front.control.set({ cut: 1 })
    await expect(stored()).rejects.toMatchObject({ code: 'ECONNRESET' })
    await front.control.set({ proxy: { status: 502, body: '<html>Bad Gateway</html>' } })
    await expect(stored()).rejects.toThrow('Bad Gateway')
    await front.control.set({ refuse: true })
    await expect(stored()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await front.control.set({})
    expect(await stored()).toHaveLength(3)
  })

  test('killed and started again at its port, it has what it had', async () => {
    await front.kill()
    front = await startClickhouseFront({ folder, port: front.port })
    expect(await stored()).toHaveLength(3)
  })
})
