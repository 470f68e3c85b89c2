import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectWarehouse } from '#warehouse/client.ts'
import { createProcessRunner } from '#warehouse/sql-process.ts'
import { removeSnapshots, snapshotsOf } from '#warehouse/sql-snapshot.ts'

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
  test('misses no row that was stored before it began, while rows are stored, merged and deleted', async () => {
    await client.command({
      query:
        'CREATE TABLE minutes (id UInt64, d UInt8) ENGINE = ReplacingMergeTree PARTITION BY d ORDER BY id SETTINGS old_parts_lifetime = 0',
    })
    const other = await connectWarehouse({ location: { path } })
    let stored = 0
    let done = false
    const storing = (async () => {
      for (; !done; stored += 9)
        await client.command({ query: `INSERT INTO minutes SELECT ${stored} + number, number % 3 FROM numbers(9)` })
    })()
    const merging = (async () => {
      for (let n = 0; !done; n++) {
        await other.command({ query: 'OPTIMIZE TABLE minutes FINAL' })
        await other.command({ query: `ALTER TABLE minutes DELETE WHERE id = ${n} SETTINGS mutations_sync = 2` })
        await other.command({ query: `INSERT INTO minutes SELECT ${n}, ${n} % 9 % 3` })
      }
    })()
    for (let n = 0; n < 6; n++) {
      const before = stored
      const [row] = await rowsOf('SELECT count(), uniqExact(id) FROM minutes FINAL')
      const [count, ids] = row as [number, number]
      // One row at a time is deleted and stored again.
      expect(count).toBeGreaterThanOrEqual(before - 1)
      expect(count).toBe(ids)
    }
    done = true
    await Promise.all([storing, merging])
    await other.close()
    expect(stored).toBeGreaterThan(9)
  })

  test.each([
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
