import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectWarehouse } from './client.ts'
import { createProcessRunner } from './sql-process.ts'
import { removeSnapshots, snapshotsOf } from './sql-snapshot.ts'

const path = join(mkdtempSync(join(tmpdir(), 'callscope-sql-process-')), 'warehouse')
const limits = { timeoutMs: 30_000, memoryBytes: 600_000_000, rowsMax: 100 }
/** Of the engine's own clock, which it looks at between blocks, nothing is seen for hours. */
const hours =
  "SELECT editDistance(repeat('a', 60000), concat(repeat('b', 60000), toString(x))) FROM (SELECT arrayJoin(range(1000)) AS x)"
let client: Awaited<ReturnType<typeof connectWarehouse>>
const runner = createProcessRunner({ path, limits })
const hasty = createProcessRunner({ path, limits: { ...limits, timeoutMs: 1_000 } })
const rowsOf = async (sql: string) => (await runner.run(sql)).data

beforeAll(async () => {
  client = await connectWarehouse({ location: { path } })
  await client.command({ query: 'CREATE TABLE calls (id String, n UInt64) ENGINE = MergeTree ORDER BY id' })
  await client.command({ query: 'CREATE VIEW doubled AS SELECT id, n * 2 AS n FROM calls' })
  await client.command({ query: "INSERT INTO calls VALUES ('a', 1), ('b', 2)" })
})
afterAll(async () => {
  await runner.close()
  await client.close()
  rmSync(path, { recursive: true, force: true })
})

const left = (): readonly string[] => (existsSync(snapshotsOf(path)) ? readdirSync(snapshotsOf(path)) : [])

/** Processes of queries over this warehouse, by their ids. */
function processes(): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .filter((line) => line.includes('sql-process-main.ts') && Number(line.trim().split(/\s+/)[1]) === process.pid)
    .map((line) => Number(line.trim().split(/\s+/)[0]))
}

describe('a query in a process of its own', () => {
  test('reads tables and views as they are at that moment, and leaves no file behind', async () => {
    expect(await rowsOf('SELECT id, n FROM calls ORDER BY id')).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    await client.command({ query: "INSERT INTO calls VALUES ('c', 3)" })
    await client.command({ query: "ALTER TABLE calls DELETE WHERE id = 'a' SETTINGS mutations_sync = 2" })
    await client.command({ query: 'OPTIMIZE TABLE calls FINAL' })
    expect(await rowsOf('SELECT id, n FROM doubled ORDER BY id')).toEqual([
      ['b', 4],
      ['c', 6],
    ])
    expect(await rowsOf("SELECT name FROM system.tables WHERE database = 'default' ORDER BY name")).toEqual([
      ['calls'],
      ['doubled'],
    ])
    expect(left()).toEqual([])
  })

  test('ends when it passes its limit, though one call of a function would take hours', async () => {
    const answered: number[] = []
    const refused = expect(hasty.run(hours)).rejects.toThrow(
      'the query failed: it ran longer than 1 s (sql.timeoutSeconds) and was ended',
    )
    // Meanwhile the engine of the others answers.
    while (processes().length > 0 || answered.length === 0) {
      await client.command({ query: 'SELECT count() FROM calls' })
      answered.push(processes().length)
      await sleep(50)
    }
    await refused
    expect(Math.max(...answered)).toBe(1)
    expect(processes()).toEqual([])
    expect(left()).toEqual([])
    expect(await rowsOf('SELECT 1')).toEqual([[1]])
  })

  test.each([
    ['SELECT nothing', /Unknown expression identifier `nothing`/],
    ['SELECT groupArray(number) FROM (SELECT number FROM system.numbers LIMIT 200000000)', /memory/],
    ["SELECT repeat('\\x01', 1000000) FROM (SELECT arrayJoin(range(15)))", /larger than 64 MiB/],
    ['DROP TABLE calls', /readonly/],
    ["INSERT INTO calls VALUES ('x', 1)", /readonly|syntax/i],
    ['SELECT n FROM other', /other/],
  ])('%s: is refused with the reason', async (sql, reason) => {
    await expect(runner.run(sql)).rejects.toMatchObject({ name: 'SqlRefused', message: expect.stringMatching(reason) })
    expect(left()).toEqual([])
  })

  test('is ended by the engine itself where that looks at the time', async () => {
    await expect(hasty.run('SELECT sum(number) FROM system.numbers')).rejects.toThrow(/Timeout exceeded|ran longer/)
  })

  test('whose process was killed from outside says so, and the next one runs', async () => {
    const refused = expect(runner.run(hours)).rejects.toThrow(/ended by SIGKILL, most likely for want of memory/)
    while (processes().length === 0) await sleep(10)
    process.kill(processes()[0] as number, 'SIGKILL')
    await refused
    expect(await rowsOf('SELECT 1')).toEqual([[1]])
  })

  test('changes no file of the warehouse', async () => {
    await client.close()
    const files = () =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')])
    const before = files()
    await rowsOf('SELECT count(), (SELECT count() FROM system.parts) FROM calls')
    expect(files()).toEqual(before)
    client = await connectWarehouse({ location: { path } })
  })

  test('finds nothing of a run that was killed in its way, and that is removed at the next start', async () => {
    const other = createProcessRunner({ path, limits })
    const refused = expect(other.run(hours)).rejects.toThrow('callscope is stopping')
    while (left().length === 0) await sleep(10)
    await other.close()
    await refused
    expect(left()).toEqual([])
    await expect(other.run('SELECT 1')).rejects.toThrow('callscope is stopping')
    await removeSnapshots(path)
    expect(existsSync(snapshotsOf(path))).toBe(false)
    expect(await rowsOf('SELECT 1')).toEqual([[1]])
  })
})
