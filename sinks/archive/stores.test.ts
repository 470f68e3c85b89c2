import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewObject } from '#contracts/archive.ts'
import { describeObjectStore } from '#tests/promises/object-store.ts'
import { archiveConfig } from './config.ts'
import { fetchObject } from './fetch-object.ts'
import { createFolderStore } from './folder-store.ts'
import { openObjectStore } from './object-store.ts'
import { stateOf } from './s3-store.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'objects-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeObjectStore('folder', async () => createFolderStore({ folder, unique: randomUUID }))

const anObject = (key: string, text: string): NewObject => {
  const body = Buffer.from(text)
  return { key, body, sha256: createHash('sha256').update(body).digest('hex'), dataClass: 'calls' }
}

describe('a folder', () => {
  test('keeps objects to its owner, and nothing half written', async () => {
    const store = createFolderStore({ folder: join(folder, 'own'), unique: randomUUID })
    await store.put(anObject('a/b/c.parquet', 'text'))
    expect(statSync(join(folder, 'own/a/b/c.parquet')).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'own/a/b'))).toEqual(['c.parquet'])
  })

  test('is never left by a key', async () => {
    const store = createFolderStore({ folder: join(folder, 'inner'), unique: randomUUID })
    await expect(store.put(anObject('../outside', 'x'))).rejects.toThrow('leads out of the archive')
    await expect(store.head('../inner-too/x')).rejects.toThrow('leads out of the archive')
  })
})

describe('an object that is fetched', () => {
  const name = { key: 'fetched.parquet' }
  const fetched = async (found: string) => {
    const store = createFolderStore({ folder, unique: randomUUID })
    const object = anObject(name.key, 'what was written')
    await store.put(object)
    writeFileSync(join(folder, name.key), found)
    return fetchObject(store, { ...object, bytes: object.body.length }, join(folder, 'copy'))
  }

  test('is taken when it is what was written', async () => {
    expect(await fetched('what was written')).toEqual({ type: 'fetched' })
    expect(statSync(join(folder, 'copy')).size).toBe(16)
  })

  test.each(['what was writteN', 'what was', 'what was written, and more', ''])('is refused as %j', async (found) => {
    expect(await fetched(found)).toEqual({ type: 'damaged' })
  })
})

describe('what S3 says of an object', () => {
  test.each([
    [{ ContentLength: 5 }, { type: 'ready', bytes: 5, storageClass: 'STANDARD' }],
    [{ StorageClass: 'GLACIER_IR' }, { type: 'ready', bytes: 0, storageClass: 'GLACIER_IR' }],
    [{ StorageClass: 'GLACIER' }, { type: 'frozen', storageClass: 'GLACIER', restoring: false }],
    [
      { StorageClass: 'DEEP_ARCHIVE', Restore: 'ongoing-request="true"' },
      { type: 'frozen', storageClass: 'DEEP_ARCHIVE', restoring: true },
    ],
    [
      { StorageClass: 'GLACIER', Restore: 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"' },
      { type: 'ready', bytes: 0, storageClass: 'GLACIER' },
    ],
    [
      { StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: 'DEEP_ARCHIVE_ACCESS' },
      { type: 'frozen', storageClass: 'DEEP_ARCHIVE_ACCESS', restoring: false },
    ],
  ])('%j', (head, state) => {
    expect(stateOf(head)).toEqual(state)
  })
})

test.each([
  ['file:///var/archive', 'file:///var/archive'],
  ['s3://bucket', 's3://bucket/'],
  ['s3://bucket/a/b', 's3://bucket/a/b/'],
  [undefined, undefined],
])('archive.url %s opens %s', (url, name) => {
  expect(openObjectStore(archiveConfig.parse(url === undefined ? {} : { url }), randomUUID)?.name).toBe(name)
})
