import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')

let folder: string
const mounts: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-full-'))
})
afterEach(() => {
  for (const mount of mounts.splice(0).reverse()) execFileSync('umount', ['-l', mount])
  rmSync(folder, { recursive: true, force: true })
})

const callscope = (...args: string[]) =>
  spawnSync(join(repository, 'node_modules/.bin/node'), [join(repository, 'app/callscope.ts'), ...args], {
    ...{ encoding: 'utf8', timeout: 120_000 },
    env: { ...process.env, CALLSCOPE_LOG_LEVEL: 'error' },
  })

function mount(place: string, mebibytes: number): void {
  mkdirSync(place, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', place])
  mounts.push(place)
}

/** Fills a file system to its last page. */
function fill(place: string): string {
  const file = join(place, 'filler')
  const { bavail, bsize } = statfsSync(place)
  writeFileSync(file, Buffer.alloc(bavail * bsize))
  return file
}

/** What a start says and ends with; it may not go on, nor end for another reason. */
function startOn(dataDir: string) {
  const { status, stderr } = callscope('up', '--port', '0', '--data-dir', dataDir)
  return { status, said: stderr.split('\n').find((line) => line.startsWith('callscope: ')) ?? stderr }
}

const fullAt = (store: string, place: string) =>
  new RegExp(
    `^callscope: ${store} in ${place} cannot be opened: its disk is full \\(.* of .* free\\)\\. Free some space`,
  )

// A file system as small as this can only be mounted by root, as whom CI runs; the mapping of errors has a test for everybody.
describe.runIf(process.getuid?.() === 0)('a start on a full disk', () => {
  test('names the folder, the room left and what to do; with room again it starts, and holds what it held', () => {
    mount(folder, 300)
    const dataDir = join(folder, 'data')
    const made = callscope('keys', 'create', '--tenant', 'default', '--data-dir', dataDir, '--json')
    expect(made.status).toBe(0)
    const filler = fill(folder)
    const full = startOn(dataDir)
    expect(full.said).toMatch(fullAt('the data folder', dataDir))
    expect(full.status).toBe(7)
    rmSync(filler)
    const listed = callscope('keys', 'list', '--data-dir', dataDir, '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject({ keys: [{ id: JSON.parse(made.stdout).id }] })
  })

  test('of the registry alone names that one', () => {
    const dataDir = join(folder, 'data')
    expect(callscope('keys', 'create', '--tenant', 'default', '--data-dir', dataDir).status).toBe(0)
    const place = join(dataDir, 'registry')
    renameSync(place, `${place}-aside`)
    mount(place, 120)
    cpSync(`${place}-aside`, place, { recursive: true })
    fill(place)
    const full = startOn(dataDir)
    expect(full.said).toMatch(fullAt('the registry', place))
    expect(full.status).toBe(7)
  })

  test('of the warehouse alone, before there is anything in it, names that one', () => {
    const place = join(folder, 'data', 'warehouse')
    mount(place, 1)
    fill(place)
    const full = startOn(join(folder, 'data'))
    expect(full.said).toMatch(fullAt('the warehouse', place))
    expect(full.status).toBe(7)
  })

  test('on one mounted read-only says so', () => {
    mount(folder, 300)
    const dataDir = join(folder, 'data')
    expect(callscope('keys', 'create', '--tenant', 'default', '--data-dir', dataDir).status).toBe(0)
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const { status, said } = startOn(dataDir)
    expect(said).toMatch(
      /the data folder in .* cannot be opened: its disk is mounted read-only .* Mount it for writing/,
    )
    expect(status).toBe(7)
  })
})
