import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CommandError } from '../exit-codes.ts'
import { diskTroubleOf, explainDisk, onDisk, roomAt } from './disk-trouble.ts'

const folder = mkdtempSync(join(tmpdir(), 'callscope-disk-'))
const place = { store: 'the registry', folder }
const system = (code: string) => Object.assign(new Error(`${code}: something`), { code })

test.each([
  ['a full disk', system('ENOSPC'), 'full'],
  ['a used-up quota', system('EDQUOT'), 'quota'],
  ['a disk mounted read-only', system('EROFS'), 'read_only'],
  ['a folder of another user', system('EACCES'), 'denied'],
  ['a disk that SQLite finds full', Object.assign(new Error('x'), { errcode: 13 }), 'full'],
  ['a database that SQLite may only read', Object.assign(new Error('x'), { errcode: 8 | (6 << 8) }), 'read_only'],
  ['a disk that ClickHouse finds full', new Error('Code: 243. NOT_ENOUGH_SPACE'), 'full'],
  ['what the system says through an engine', new Error('Cannot write: No space left on device'), 'full'],
  ['what caused it', new Error('cannot be opened', { cause: new Error('x', { cause: system('ENOSPC') }) }), 'full'],
])('%s is known for what it is', (_what, error, trouble) => {
  expect(diskTroubleOf(error)).toBe(trouble)
})

test('other errors say nothing of the disk, also where they speak of permissions', () => {
  expect(diskTroubleOf(new Error('syntax error'))).toBeUndefined()
  expect(diskTroubleOf(new Error('permission denied for table api_keys'))).toBeUndefined()
  expect(diskTroubleOf('no space left')).toBeUndefined()
})

test('the error names the store, its folder, the room left and what to do, and has an exit code of its own', async () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'EMFILE']) {
    const error = await onDisk(place, () => Promise.reject(system(code))).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ exit: 'disk', cause: { code } })
    expect((error as Error).message).toMatch(/^the registry in .+ cannot be opened: .+ \(.+ of .+ free\)\. [A-Z].+\./)
    expect((error as Error).message).toContain(folder)
  }
})

test('an error that is not of the disk stays as it is, on a disk with room', () => {
  const error = new Error('a migration was edited')
  expect(explainDisk(error, place)).toBe(error)
  const busy = new CommandError('busy', 'in use')
  expect(explainDisk(busy, place)).toBe(busy)
})

test('the room is that of the nearest folder that exists', () => {
  const room = roomAt(join(folder, 'not', 'yet', 'there'))
  expect(room?.totalBytes).toBe(roomAt(folder)?.totalBytes)
  expect(room?.freeBytes).toBeGreaterThan(0)
  expect(room?.refusal).toBeUndefined()
})
