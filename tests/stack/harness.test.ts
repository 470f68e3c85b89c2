import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { createCache } from './servers/cache.ts'
import { temporaryFolder } from './servers/guard.ts'
import { createServerProcess } from './servers/server-process.ts'

test('what a run has started ends with it, even if it is killed', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-to-be-killed.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { folder, pidFile } = JSON.parse(line) as { folder: string; pidFile: string }
  const pid = Number(await readFile(pidFile, 'utf8'))
  expect(isAlive(pid)).toBe(true)
  child.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)
  await expect.poll(() => existsSync(folder), { timeout: 20_000 }).toBe(false)
})

test('a server that does not come up is told of with the end of its log, and leaves nothing behind', async () => {
  const folder = await temporaryFolder('callscope-harness-')
  const server = createServerProcess({
    name: 'shell',
    command: 'sh',
    args: ['-c', 'echo "no such volume" >&2; exit 3'],
    logFile: join(folder, 'log'),
    answers: () => Promise.reject(new Error('nobody there')),
  })
  await expect(server.start()).rejects.toThrow(/shell ended with 3[\s\S]*no such volume/)
})

test('of two runs at once one builds, and both get the same', async () => {
  const folder = await temporaryFolder('callscope-harness-')
  let builds = 0
  const build = (): Promise<string> =>
    createCache(folder)('thing-1', async (place) => {
      builds += 1
      await writeFile(join(place, 'binary'), 'whole')
    })
  expect(new Set(await Promise.all([build(), build(), build()]))).toEqual(new Set([join(folder, 'thing-1')]))
  expect(builds).toBe(1)
  expect(await readdir(folder)).toEqual(['thing-1'])
})

test('a build that fails leaves nothing that looks like a server, and the lock of one that was killed holds up nobody', async () => {
  const folder = await temporaryFolder('callscope-harness-')
  const cached = createCache(folder)
  await expect(cached('thing-1', () => Promise.reject(new Error('no compiler')))).rejects.toThrow('no compiler')
  expect(await readdir(folder)).toEqual([])
  const gone = spawn('true')
  await once(gone, 'exit')
  await writeFile(join(folder, 'thing-1.lock'), `${gone.pid}`)
  await expect(cached('thing-1', (place) => writeFile(join(place, 'binary'), 'whole'))).resolves.toContain('thing-1')
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
