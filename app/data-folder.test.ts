import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busyMessage, claimDataFolder, tokenOf } from './data-folder.ts'

const aFolder = () => mkdtempSync(join(tmpdir(), 'callscope-folder-'))

function owned(path: string) {
  const claim = claimDataFolder(path, 'test')
  if (claim.type !== 'owned') throw new Error('expected to own the folder')
  return claim.folder
}

test('a new folder gets its format and can be claimed again after release', () => {
  const path = aFolder()
  owned(path).release()
  expect(JSON.parse(readFileSync(join(path, 'format.json'), 'utf8'))).toEqual({ version: 1 })
  owned(path).release()
})

test('a folder from the future is refused, and says so', () => {
  const path = aFolder()
  writeFileSync(join(path, 'format.json'), '{"version": 99}')
  expect(() => claimDataFolder(path, 'test')).toThrow(
    /written by a newer callscope \(format 99; this one knows up to 1\)/,
  )
})

test('the administrator token is long, stays the same, and only its owner may read it', () => {
  const path = aFolder()
  const folder = owned(path)
  const token = folder.administratorToken()
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(folder.administratorToken()).toBe(token)
  expect(tokenOf(path)).toBe(token)
  expect(statSync(join(path, 'administrator.token')).mode & 0o777).toBe(0o600)
  folder.release()
})

test('a second process is told who has the folder, and may have it once the first is killed', async () => {
  const path = aFolder()
  const script = `import { claimDataFolder } from ${JSON.stringify(join(import.meta.dirname, 'data-folder.ts'))}
    const { folder } = claimDataFolder(${JSON.stringify(path)}, 'up')
    folder.announce({ pid: process.pid, port: 4650, url: 'http://127.0.0.1:4650' })
    console.log('ready'); setInterval(() => {}, 1000)`
  const child = spawn('node_modules/.bin/node', ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const claim = claimDataFolder(path, 'import')
  expect(claim).toMatchObject({ type: 'busy', command: 'up', server: { port: 4650 } })
  if (claim.type === 'busy')
    expect(busyMessage(path, claim)).toMatch(
      /in use by callscope up \(process \d+\), which listens on http:\/\/127\.0\.0\.1:4650/,
    )
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  owned(path).release()
})
