import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SqlConsole } from '#contracts/warehouse.ts'
import { inTurns } from './chdb-turns.ts'
import { connectWarehouse } from './client.ts'
import { confinedRunner } from './sql-confined-for-tests.ts'
import { createSqlConsole } from './sql-guard-console.ts'

const folder = mkdtempSync(join(tmpdir(), 'callscope-sql-'))
const outfile = join(folder, 'stolen')
const path = join(folder, 'warehouse')
const limits = { timeoutMs: 1_000, memoryBytes: 200_000_000, rowsMax: 100 }
let writer: Awaited<ReturnType<typeof connectWarehouse>>
let reader: ReturnType<typeof createClient>
let sql: SqlConsole

beforeAll(async () => {
  writer = await connectWarehouse({ location: { path } })
  await writer.command({
    query:
      'CREATE TABLE calls (id String, at DateTime64(3), tags Array(String), n UInt64) ENGINE = MergeTree ORDER BY id',
  })
  await writer.command({
    query: "INSERT INTO calls VALUES ('a', '2026-01-01 00:00:00', ['x','y'], 1), ('b', '2026-01-02 00:00:00', [], 2)",
  })
  const { createChdbConnection } = await import('chdb/connection')
  reader = createClient({ connection: inTurns(createChdbConnection({ path })) } as never)
  sql = createSqlConsole({
    runner: confinedRunner(reader, limits),
    explainer: writer,
    limits,
  })
})
afterAll(async () => {
  await reader.close()
  await writer.close()
})

test.each([
  ['SELECT count() FROM calls', [[2]]],
  ["select id, n * 2 as twice from default.calls where id in ('a') order by at desc limit 10;", [['a', 2]]],
  ["WITH late AS (SELECT * FROM calls WHERE at > '2026-01-01 12:00:00') SELECT id FROM late", [['b']]],
  [
    'SELECT c.id, tag FROM calls AS c ARRAY JOIN tags AS tag ORDER BY tag',
    [
      ['a', 'x'],
      ['a', 'y'],
    ],
  ],
  ['SELECT id FROM calls WHERE n IN (SELECT max(n) FROM calls) -- the last\n', [['b']]],
  ['SELECT x FROM ((SELECT 1 AS x) UNION ALL SELECT 2 /* two */) ORDER BY x', [[1], [2]]],
  [
    'SELECT arrayMap(x -> x + 1, [1, 2]), (1, \'a\').2, CAST(3 AS String), 4::String, "id" FROM calls ORDER BY id LIMIT 1',
    [[[2, 3], 'a', '3', '4', 'a']],
  ],
  [
    "SELECT sum(n) OVER (ORDER BY id), '; DROP TABLE calls; -- INTO OUTFILE' FROM calls ORDER BY id LIMIT 1",
    [[1, '; DROP TABLE calls; -- INTO OUTFILE']],
  ],
  ["SELECT format('{}-{}', id, id) FROM calls WHERE id = 'a'", [['a-a']]],
  ["SELECT name FROM system.tables WHERE database = 'default'", [['calls']]],
  ["SELECT 'it''s', 'a\\'b', 'ü \u2019 ok'", [["it's", "a'b", 'ü \u2019 ok']]],
  [
    'SELECT toStartOfDay(at) AS day, countIf(n > 1), quantiles(0.5, 0.95)(n), uniqExact(id), sumOrNull(n) FROM calls GROUP BY day ORDER BY day DESC LIMIT 1',
    [['2026-01-02 00:00:00', 1, [2, 2], 1, 2]],
  ],
  [
    "SELECT id, bar(n, 0, 2, 2), multiIf(n = 1, 'one', 'more'), CASE id WHEN 'a' THEN 1 ELSE 2 END, n BETWEEN 1 AND 2 FROM calls ORDER BY id LIMIT 1",
    [['a', '█', 'one', 1, 1]],
  ],
  [
    "SELECT arrayJoin(tags) AS tag, JSONExtractInt('{\"a\":{\"b\":7}}', 'a', 'b'), formatDateTime(at, '%Y-%m') FROM calls ORDER BY tag LIMIT 1",
    [['x', 7, '2026-01']],
  ],
  ['SELECT CAST(n AS Nullable(Decimal(10, 2))), n::LowCardinality(String) FROM calls ORDER BY n LIMIT 1', [[1, '1']]],
  [
    'SELECT id, row_number() OVER w, lagInFrame(n) OVER w, any(n) OVER w FROM calls WINDOW w AS (ORDER BY at) ORDER BY id DESC LIMIT 1',
    [['b', 2, 1, 1]],
  ],
  [
    "SELECT quantileMerge(state) FROM (SELECT quantileState(n) AS state FROM calls WHERE at > toDateTime('2026-01-01') - INTERVAL 1 DAY)",
    [[1.5]],
  ],
  [
    'SELECT count(DISTINCT id), NOT EXISTS(SELECT 1 FROM calls WHERE n IS NULL), GROUPING(id) FROM calls GROUP BY GROUPING SETS ((id)) ORDER BY id LIMIT 1',
    [[1, 1, 0]],
  ],
  [
    "SELECT arrayMap(negate, [1, 2]), arrayReduce('sum', [1, 2]), arrayReduce('quantile(0.5)', [1, 3])",
    [[[-1, -2], 3, 2]],
  ],
  [
    "SELECT CAST('1', 'UInt8'), accurateCastOrNull('x', 'UInt8'), JSONExtract('{\"a\":1}', 'a', 'UInt8')",
    [[1, null, 1]],
  ],
  ['SELECT s.version, version FROM (SELECT n AS version FROM calls) AS s ORDER BY version LIMIT 1', [[1, 1]]],
])('runs: %s', async (query, rows) => {
  expect((await sql.query(query)).rows).toEqual(rows)
})

test.each([
  "INSERT INTO calls VALUES ('c', now(), [], 1)",
  'DROP TABLE calls',
  'ALTER TABLE calls DELETE WHERE 1',
  'SET readonly = 0',
  'KILL QUERY WHERE 1',
  'SYSTEM SHUTDOWN',
  'SHOW TABLES',
  'DESCRIBE calls',
  'EXPLAIN SELECT 1',
  'CREATE FUNCTION f AS x -> x',
  'SELECT 1; DROP TABLE calls',
  'SELECT 1;;',
  '',
  ';',
  '-- nothing',
  'VALUES (1)',
  `SELECT 1 INTO OUTFILE '${outfile}'`,
  `SELECT 1 INTO/**/OUTFILE '${outfile}' TRUNCATE`,
  `SELECT 1 iNtO\n-- x\nOuTfIlE '${outfile}'`,
  `(SELECT 1) INTO OUTFILE '${outfile}'`,
  `SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '${outfile}'`,
  'SELECT 1 SETTINGS max_execution_time = 0',
  'SELECT 1 settings/**/readonly=0',
  'SELECT * FROM (SELECT 1 SETTINGS max_threads = 9)',
  'SELECT 1 FORMAT CSV',
  'SELECT 1 FORMAT Null SETTINGS max_threads=1',
  "SELECT * FROM file('/etc/passwd', LineAsString)",
  "SELECT * FROM FILE('/etc/passwd')",
  "SELECT * FROM `file`('/etc/passwd')",
  'SELECT * FROM "url"(\'http://127.0.0.1\')',
  "SELECT * FROM s3('https://x/y')",
  "SELECT * FROM remote('127.0.0.1', system.one)",
  "SELECT * FROM executable('id', TSV, 'x String')",
  "SELECT * FROM merge('default', '.*')",
  'SELECT * FROM numbers(10)',
  "SELECT * FROM postgresql('h','d','t','u','p')",
  "SELECT * FROM mysql('h','d','t','u','p')",
  'SELECT * FROM view(SELECT 1)',
  "SELECT * FROM python('x')",
  "SELECT * FROM sqlite('/x', 't')",
  'SELECT * FROM loop(calls)',
  "SELECT file('/etc/passwd')",
  "SELECT `file`('/etc/passwd')",
  "SELECT File ('/etc/passwd')",
  'SELECT * APPLY(file) FROM calls',
  'SELECT * APPLY file FROM calls',
  "SELECT dictGet('d', 'a', 1)",
  "SELECT joinGet('t', 'a', 1)",
  'SELECT sleep(3)',
  'SELECT sleepEachRow(1) FROM calls',
  "SELECT getSetting('readonly')",
  "SELECT hasColumnInTable('system', 'users', 'name')",
  "SELECT HasColumnInTable('system', 'users', 'name')",
  "SELECT reverseDNSQuery('127.0.0.1')",
  "SELECT getMacro('shard')",
  "SELECT arrayMap(x -> file(x), ['/etc/passwd'])",
  "WITH (x -> file(x)) AS count SELECT count('/etc/passwd')",
  "SELECT fileIf('/etc/passwd')",
  "SELECT 1 GLOBAL IN file('/etc/passwd')",
  "SELECT count() FROM calls WHERE id IN (SELECT * FROM file('/etc/passwd'))",
  "SELECT 1 IN file('/etc/passwd')",
  'SELECT id IN numbers(3) FROM calls',
  'SELECT 1 IN system.users',
  "SELECT * FROM calls JOIN url('http://x', CSV, 'a String') AS u ON 1 = 1",
  "WITH x AS (SELECT * FROM url('http://x')) SELECT 1",
  "WITH (SELECT * FROM file('/etc/passwd')) AS x SELECT x",
  "SELECT (SELECT * FROM file('/etc/passwd'))",
  "SELECT sum(n) OVER (ORDER BY file('/etc/passwd')) FROM calls",
  "SELECT * FROM calls ORDER BY file('x')",
  "SELECT * FROM calls LIMIT (SELECT * FROM file('x'))",
  "SELECT id FROM calls ORDER BY n WITH FILL FROM file('x')",
  "SELECT * REPLACE(file('x') AS id) FROM calls",
  "SELECT n FROM calls ORDER BY n WITH FILL INTERPOLATE (n AS file('x'))",
  'SELECT * FROM system.users',
  'SELECT * FROM system.query_log',
  'SELECT * FROM SYSTEM.settings',
  'SELECT * FROM `system`.`settings`',
  'SELECT * FROM system . users',
  'SELECT * FROM information_schema.tables',
  'SELECT * FROM INFORMATION_SCHEMA.TABLES',
  'SELECT * FROM other.calls',
  "SELECT 1) UNION ALL SELECT * FROM file('x'",
  "SELECT 1) INTO OUTFILE 'x' --",
  'SELECT (1',
  'SELECT {x:Identifier}',
  'SELECT * FROM {x:Identifier}',
  'SELECT $$a$$',
  "SELECT 'a",
  'SELECT `a\nb`',
  'SELECT \u2018a\u2019',
  'SELECT\u00a01',
  'SELECT 1\u0000; DROP TABLE calls',
  'SELECT 1 /* open',
  "SELECT 1 # comment\n INTO OUTFILE 'x'",
  'SELECT \\N',
  'SELECT 1e5x',
  'ＳＥＬＥＣＴ 1',
  'SELECT 1 PARALLEL WITH DROP TABLE calls',
  'WITH y AS (SELECT 1) INSERT INTO calls SELECT * FROM y',
  'SELECT * FROM (EXPLAIN AST SELECT 1)',
  'SELECT * FROM (SHOW TABLES)',
  'FROM calls SELECT *',
  "SELECT arrayMap(filesystemAvailable, ['default'])",
  'SELECT arrayMap(throwIf, [1])',
  'SELECT arrayMap(ThrowIf, [1])',
  'SELECT sum(n) OVER (ORDER BY arrayMap(throwIf, [n])) FROM calls',
  'SELECT sum(n) OVER w FROM calls WINDOW w AS (ORDER BY arrayMap(throwIf, [n]))',
  'SELECT mapApply(throwIf, map(1, 2))',
  'SELECT arrayFold(throwIf, [1], 1)',
  'SELECT arraySort(throwIf, [1])',
  'SELECT arrayExists(throwIf, [1])',
  'SELECT arrayMap(arrayReduce, [1])',
  "SELECT arrayReduce('groupFormat(\\'CSV\\')', [1])",
  "SELECT arrayReduce('groupFormat', [1])",
  "SELECT arrayReduce('distinctDynamicTypes', [1])",
  "SELECT arrayReduceInRanges('groupFormat', [(1, 1)], [1])",
  "SELECT arrayReduce(concat('group', 'Format'), [1])",
  "SELECT arrayReduce(('groupFormat'), [1])",
  "WITH 'groupFormat' AS f SELECT arrayReduce(f, [1])",
  "SELECT `arrayReduce`/**/('groupFormat', [1])",
  "SELECT sum(n) OVER (ORDER BY arrayReduce('groupFormat', [n])) FROM calls",
  "SELECT CAST('x' AS AggregateFunction(groupFormat, UInt8))",
  "SELECT 'x'::AggregateFunction(sum, UInt8)",
  "SELECT CAST('x', 'AggregateFunction(sum, UInt8)')",
  "SELECT CAST('x', concat('Aggregate', 'Function(sum, UInt8)'))",
  "SELECT CAST('x', '\\x41ggregateFunction(sum, UInt8)')",
  "WITH concat('Aggregate', 'Function(sum, UInt8)') AS t SELECT accurateCast('x', t)",
  "SELECT reinterpret('x', 'Array(AggregateFunction(sum, UInt8))')",
  "SELECT JSONExtract('{}', 'a', 'AggregateFunction(sum, UInt8)')",
  "SELECT JSONExtractKeysAndValues('{}', 'AggregateFunction(sum, UInt8)')",
])('refuses: %s', async (query) => {
  await expect(sql.query(query)).rejects.toMatchObject({ name: 'SqlRefused', statusCode: 400 })
  expect(existsSync(outfile)).toBe(false)
})

test('a result is cut at the limit, and says so', async () => {
  const { rows, truncated } = await sql.query(
    'SELECT a.number FROM (SELECT number FROM system.numbers LIMIT 100000) AS a',
  )
  expect({ rows: rows.length, truncated }).toEqual({ rows: 100, truncated: true })
})

test('a query that runs too long or takes too much memory is stopped, and the next one runs', async () => {
  await expect(sql.query('SELECT sum(number) FROM system.numbers')).rejects.toThrow(/Timeout/)
  await expect(
    sql.query('SELECT groupArray(number) FROM (SELECT number FROM system.numbers LIMIT 200000000)'),
  ).rejects.toThrow(/[Mm]emory|Timeout/)
  expect((await sql.query('SELECT 1')).rows).toEqual([[1]])
})

test('the connection itself is read-only, should the guard ever miss something', async () => {
  await expect(reader.command({ query: 'DROP TABLE calls' })).rejects.toThrow(/readonly/)
  await expect(reader.command({ query: 'SET readonly = 0' })).rejects.toThrow(/readonly/)
  await writer.command({ query: "INSERT INTO calls VALUES ('z', now(), [], 1)" })
  expect((await sql.query('SELECT count() FROM calls')).rows).toEqual([[3]])
})
