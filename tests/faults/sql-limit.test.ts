import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import { isAllowedFunction } from '#warehouse/sql-functions.ts'
import { createSqlConsole } from '#warehouse/sql-guard-console.ts'
import { createProcessRunner } from '#warehouse/sql-process.ts'

/** The engine looks at the time between the steps of a query. Each of these is one step for far longer than its limit. */
const steps = 10_000_000
const folded = (start: string, next: string, count = steps): string =>
  `SELECT toString(arrayFold((a, x) -> ${next}, range(${count}), ${start}))`
const one = 'toUInt64(1)'
const long = (letter: string): string => `repeat('${letter}', 60000)`
const rows = '(SELECT number AS n FROM system.numbers LIMIT 10000000)'

/** By the engine's own categories of the functions that \`sql\` may call: one that is missing here fails the first test. */
const hostile: Readonly<Record<string, string>> = {
  'Aggregate Functions': `SELECT kolmogorovSmirnovTest('two-sided', 'exact')(toFloat64(n), n % 2) FROM (SELECT number AS n FROM system.numbers LIMIT 200000)`,
  Arithmetic: folded(one, 'a * 3 + x'),
  Arrays: folded('emptyArrayUInt64()', 'arrayPushBack(a, x)', 200_000),
  Bit: folded(one, 'bitXor(a, x)'),
  Comparison: folded(one, 'toUInt64(a > x)'),
  Conditional: folded(one, 'if(a > x, a, x)'),
  'Dates and Times': folded(one, 'toUInt64(toUnixTimestamp(addDays(toDateTime(toUInt32(a)), 1)))'),
  Encoding: folded("'abc'", 'unhex(hex(a))'),
  Geo: folded('toFloat64(1)', 'toFloat64(greatCircleDistance(a, 1, 2, 3))'),
  Hash: folded(one, 'sipHash64(a, x)'),
  'IP Address': folded(one, 'toUInt64(IPv4StringToNum(IPv4NumToString(toUInt32(a))))'),
  Internal: folded(one, 'CAST(toString(a) AS UInt64)'),
  JSON: folded(one, `JSONExtractUInt(concat('{"a":', toString(a), '}'), 'a')`),
  Logical: folded(one, 'toUInt64(a > 1 AND x > 3)'),
  Map: folded('map(toUInt64(1), toUInt64(1))', 'mapAdd(a, map(toUInt64(1), x))'),
  Mathematical: folded('toFloat64(1)', 'sin(a)'),
  Null: folded(one, 'assumeNotNull(coalesce(nullIf(a, x), a))'),
  Other: folded(one, 'toUInt64(byteSize(a, x))'),
  'Random Number': folded(one, 'rand64(a)'),
  Rounding: folded('toFloat64(1)', 'round(a + 0.5)'),
  String: `SELECT editDistance(${long('a')}, ${long('b')}) + editDistance(${long('b')}, ${long('c')})`,
  'String Replacement': folded("'abc'", "replaceAll(a, 'a', 'b')"),
  'String Search': "SELECT countMatches(repeat('a', 1000000), '(a?){500}a{500}b')",
  'String Splitting': folded("'a,b'", "arrayStringConcat(splitByChar(',', a), ',')"),
  Tuple: folded('(toUInt64(0), toUInt64(0))', 'tuplePlus(a, (x, x))'),
  'Type Conversion': folded(one, 'toUInt64OrZero(toString(a))'),
  URL: "SELECT length(URLPathHierarchy(concat('http://x/', repeat('a/', 30000))))",
  UUID: folded("toString(toUUIDOrZero(''))", 'toString(toUUIDOrZero(a))'),
}

/** What costs without any function. */
const clauses: Readonly<Record<string, string>> = {
  'rows without end': 'SELECT sum(number) FROM system.numbers',
  'a product of tables': `SELECT count() FROM ${rows} AS a, ${rows} AS b, ${rows} AS c WHERE a.n + b.n + c.n = 7`,
  'a join of many to many': `SELECT count() FROM ${rows} AS a JOIN (SELECT number AS n FROM system.numbers LIMIT 100000) AS b ON a.n % 2 = b.n % 2`,
  'a product in a scalar': `SELECT (SELECT count() FROM ${rows} AS a, ${rows} AS b WHERE sipHash64(a.n, b.n) = 5)`,
  'a product in a condition': `SELECT 1 WHERE 7 IN (SELECT a.n * b.n FROM ${rows} AS a, ${rows} AS b)`,
  recursion: `WITH RECURSIVE t AS (SELECT n AS x FROM ${rows} UNION ALL SELECT x + 1 FROM t) SELECT count() FROM t`,
  'a wide window': `SELECT max(m) FROM (SELECT max(n) OVER (ORDER BY n ROWS BETWEEN 100000 PRECEDING AND CURRENT ROW) AS m FROM ${rows})`,
  'a gap that is filled': 'SELECT count() FROM (SELECT 1 AS n ORDER BY n WITH FILL FROM 0 TO 100000000000)',
}

const path = join(mkdtempSync(join(tmpdir(), 'callscope-sql-limit-')), 'warehouse')
const limits = { timeoutMs: 1_000, memoryBytes: 500_000_000, rowsMax: 100 }
let client: ClickHouseClient
beforeAll(async () => {
  client = await connectWarehouse({ location: { path } })
})
afterAll(async () => {
  await client.close()
  rmSync(path, { recursive: true, force: true })
})

test('every category of functions that may be called has its query here', async () => {
  const known = await rowsOf<[string, string]>(
    client,
    "SELECT name, categories FROM system.functions WHERE alias_to = ''",
  )
  const allowed = known.filter(([name]) => isAllowedFunction(name)).map(([, category]) => category)
  expect(Object.keys(hostile).toSorted()).toEqual([...new Set(allowed)].toSorted())
})

/** The limit, its grace and the start of a process are four seconds where nothing else runs. Without an end it would be minutes. */
const soonMs = 30_000

describe.each([
  ['a function', hostile],
  ['a clause', clauses],
])('a query that passes its limit by %s is ended', (_, queries) => {
  test.concurrent.for(Object.entries(queries))('%s', { retry: 0 }, async ([, query], { expect }) => {
    const console = createSqlConsole({ runner: createProcessRunner({ path, limits }), explainer: client, limits })
    const began = performance.now()
    // A quick machine fills the memory of a query within its time: either limit is an end.
    await expect(console.query(query)).rejects.toThrow(/ran longer than 1 s|Timeout exceeded|memory limit exceeded/)
    expect(performance.now() - began).toBeLessThan(soonMs)
  })
})
