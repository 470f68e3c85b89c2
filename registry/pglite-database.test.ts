import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPgliteDatabase } from './pglite-database.ts'
import { createRegistry } from './registry.ts'

const clock = () => 1_700_000_000_000
let folder: string
let dataDir: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'registry-'))
  dataDir = join(folder, 'nested', 'registry')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a registry keeps all over a restart, and one whose making was interrupted is made anew', async () => {
  mkdirSync(`${dataDir}.unfinished`, { recursive: true })
  writeFileSync(join(`${dataDir}.unfinished`, 'PG_VERSION'), 'half')
  const entry = { tenant: '*', source: 'call-events/0', watermarkMs: 5, atEnd: true }
  const before = await createRegistry({ dataDir, clock })
  await before.tenants.ensureTenants([{ id: 'acme', name: 'Acme' }])
  await before.watermarks.write([entry])
  const version = await before.versions.next()
  const cut = await before.cuts.add({ tenant: 'acme', a: '1', b: '2', action: 'cut', by: 'ann' })
  await before.close()

  const after = await createRegistry({ dataDir, clock })
  expect(await after.tenants.tenants()).toEqual([{ id: 'acme', name: 'Acme' }])
  expect(await after.watermarks.read()).toEqual([entry])
  expect(await after.versions.next()).toBeGreaterThan(version)
  expect(await after.cuts.naming('acme', ['2'])).toEqual([cut])
  await after.close()
})

test('a registry killed while it writes hands out no version twice', async () => {
  const script = `
    import { createRegistry } from ${JSON.stringify(join(import.meta.dirname, 'registry.ts'))}
    import { writeSync } from 'node:fs'
    const { versions } = await createRegistry({ dataDir: ${JSON.stringify(dataDir)}, clock: () => 0 })
    for (;;) writeSync(1, await versions.next() + '\\n')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let drawn = ''
  for await (const chunk of child.stdout) {
    drawn += String(chunk)
    if (drawn.split('\n').length > 200) break
  }
  child.kill('SIGKILL')
  await once(child, 'exit')

  const registry = await createRegistry({ dataDir, clock })
  const highest = Math.max(...drawn.split('\n').slice(0, -1).map(Number))
  expect(await registry.versions.next()).toBeGreaterThan(highest)
  await registry.close()
})

test('the write-ahead log is cut back by checkpoints, which PGlite never makes by itself', async () => {
  const database = await openPgliteDatabase(dataDir)
  await database.script('CREATE TABLE bulk (filler text)')
  for (let round = 0; round < 3; round += 1) {
    await database.query(`INSERT INTO bulk SELECT repeat(md5(at::text), 60) FROM generate_series(1, 15000) AS at`)
    await database.script('TRUNCATE bulk')
  }
  const distance = `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::int AS bytes FROM pg_control_checkpoint()`
  const [before] = await database.query(distance)
  for (let at = 0; at < 1_000; at += 1) await database.query('SELECT 1')
  const [after] = await database.query(distance)
  expect(before?.bytes).toBeGreaterThan(64 * 1_024 * 1_024)
  expect(after?.bytes).toBeLessThan(1_000_000)
  await database.close()
})

test('a transaction that throws leaves nothing, and others wait for its end', async () => {
  const database = await openPgliteDatabase(dataDir)
  await database.script('CREATE TABLE tried (at integer)')
  const failing = database.transaction(async ({ query }) => {
    await query('INSERT INTO tried VALUES (1)')
    throw new Error('changed my mind')
  })
  const counting = database.query('SELECT count(*)::int AS rows FROM tried')
  await expect(failing).rejects.toThrow('changed my mind')
  expect(await counting).toEqual([{ rows: 0 }])
  await database.close()
})

test('a folder that holds no database is named', async () => {
  const strange = join(folder, 'strange')
  mkdirSync(strange)
  writeFileSync(join(strange, 'PG_VERSION'), '18')
  await expect(openPgliteDatabase(strange)).rejects.toThrow(`The registry in ${strange} cannot be opened`)
})
