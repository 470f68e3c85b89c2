import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../source-files.ts'

const hours =
  "SELECT editDistance(repeat('a', 60000), concat(repeat('b', 60000), toString(x))) FROM (SELECT arrayJoin(range(1000)) AS x)"
let folder: string
let child: ChildProcess
let url: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-sql-beside-'))
  child = await startUp()
})
afterEach(() => {
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function startUp(): Promise<ChildProcess> {
  const args = [join(root, 'app/callscope.ts'), 'up', '--port', '0', '--json', '--data-dir', folder]
  const started = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CALLSCOPE_LOG_LEVEL: 'fatal', CALLSCOPE_SQL_TIMEOUT_SECONDS: '120' },
  })
  const [said] = (await once(started.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  url = (JSON.parse(said.toString()) as { url: string }).url
  return started
}

const asAdministrator = () => ({
  authorization: `Bearer ${readFileSync(join(folder, 'administrator.token'), 'utf8').trim()}`,
})

async function sql(query: string): Promise<{ status: number; detail?: string; rows?: unknown }> {
  const response = await fetch(`${url}/api/sql`, {
    method: 'POST',
    headers: { ...asAdministrator(), 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, ...((await response.json()) as object) }
}

/** Resolves with the ids of the processes that run queries, as soon as there is one. */
async function untilQueryRuns(): Promise<readonly number[]> {
  while (snapshots().length === 0) await sleep(20)
  await sleep(1_000)
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const processes = lines.map((line) => line.trim().split(/\s+/))
  const own = processes.filter(
    ([, parent, ...args]) => Number(parent) === child.pid && /sql-process/.test(args.join(' ')),
  )
  return own.map(([pid]) => Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const snapshots = (): readonly string[] => {
  const place = join(folder, 'warehouse', 'callscope-sql')
  return existsSync(place) ? readdirSync(place) : []
}

test('SIGTERM while a query runs that nothing can interrupt is an orderly stop: the query is ended and says so', async () => {
  const answer = sql(hours)
  const running = await untilQueryRuns()
  expect(running.length).toBe(1)
  const began = performance.now()
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(code).toBe(0)
  expect(await answer).toMatchObject({ status: 400, detail: expect.stringContaining('callscope is stopping') })
  expect({ processes: running.filter(isAlive), snapshots: snapshots() }).toEqual({ processes: [], snapshots: [] })
})

test('others are answered while it runs', async () => {
  const answer = sql(hours).catch(() => 'cut off')
  const running = await untilQueryRuns()
  for (let n = 0; n < 10; n++)
    expect((await fetch(`${url}/api/calls`, { headers: asAdministrator() })).status).toBe(200)
  expect(running.filter(isAlive).length).toBe(1)
  child.kill('SIGKILL')
  expect(await answer).toBe('cut off')
})

test('SIGKILL takes the process of the query along, and the next start finds nothing of it', async () => {
  const answer = sql(hours).catch(() => 'cut off')
  const running = await untilQueryRuns()
  expect(running.length).toBe(1)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await answer).toBe('cut off')
  while (running.some(isAlive)) await sleep(20)
  child = await startUp()
  expect(snapshots()).toEqual([])
  expect(await sql('SELECT count() FROM calls')).toMatchObject({ status: 200, rows: [[0]] })
})
