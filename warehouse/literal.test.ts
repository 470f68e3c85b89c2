import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { rowsOf } from './client.ts'
import { keyList, text, textKeys } from './literal.ts'

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse?.stop())

const special = [
  '\\',
  "'",
  '"',
  '`',
  '\0',
  '\n',
  '\r',
  '\t',
  '--',
  '/*',
  '*/',
  ';',
  '{limit: UInt32}',
  '{x:String}',
  '$1',
  '?',
  '%s',
  "\\'",
  '\\N',
  ')',
  ') OR 1=1 --',
  '💩',
]
const hostile = fc
  .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...special)), { maxLength: 10 })
  .map((parts) => Buffer.from(parts.join('')).toString())

test('any text is a literal that means itself, parameters beside it or not', async () => {
  const texts = fc.sample(hostile, { numRuns: 500, seed: 20_261_121 })
  const query = `SELECT value FROM (SELECT arrayJoin([${texts.map((each, n) => `(${n}, ${text(each)})`).join(',')}]) AS pair, pair.2 AS value) ORDER BY pair.1`
  expect(await warehouse.rows(query)).toEqual(texts.map((each) => [each]))
  const limited = `${query} LIMIT {limit: UInt32}`
  expect(await rowsOf(warehouse.client, limited, { limit: 400, x: 'no' })).toEqual(
    texts.slice(0, 400).map((each) => [each]),
  )
})

test('a list of keys finds the ids that are in it and no other', async () => {
  const ids = [...new Set(fc.sample(hostile, { numRuns: 300, seed: 7 }))]
  const [known, others] = [ids.filter((_, n) => n % 2 === 0), ids.filter((_, n) => n % 2 === 1)]
  await warehouse.client.insert({
    table: 'call_links',
    values: ids.map((node) => ({
      tenant: 'acme',
      node,
      other: 'x',
      expires_at: Math.floor(Date.now() / 1_000) + 1_000,
    })),
    format: 'JSONEachRow',
  })
  const found = await warehouse.rows<[string]>(
    `SELECT node FROM call_links WHERE (tenant, node) IN ${textKeys(known.map((id) => ['acme', id]))}`,
  )
  expect(found.map(([id]) => id).sort()).toEqual([...known].sort())
  expect(found.some(([id]) => others.includes(id))).toBe(false)
})

test('keys keep their types, whatever the time', async () => {
  const keys = keyList(
    ['DateTime', 'String', 'Int64', "DateTime64(3, 'UTC')"],
    [
      [60, "it's", -5, 0],
      [9_999.9, '\t', 7, 1_700_000_000_123],
    ],
  )
  const has = (seconds: number, key: string, number: number, ms: number) =>
    `(toDateTime(${seconds}), ${text(key)}, ${number}, fromUnixTimestamp64Milli(${ms}, 'UTC')) IN ${keys}`
  const asked = [has(60, "it's", -5, 0), has(9_999, '\t', 7, 1_700_000_000_123), has(9_999, '\t', 7, 1_700_000_000_124)]
  expect(await warehouse.rows(`SELECT ${asked.join(', ')}`)).toEqual([[1, 1, 0]])
})
