import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ArchiveRewriting, ObjectStore } from '#contracts/archive.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import type { Registry } from '#contracts/registry.ts'
import { fileOf } from '#pipelines/archive/files.ts'
import { createTenantOf } from '#pipelines/archive/tenants.ts'
import { erasedSubjects } from '#pipelines/privacy/erased.ts'
import { createForgetMessages } from '#pipelines/privacy/forget-messages.ts'
import { createForgetting } from '#pipelines/privacy/privacy.ts'
import type { Database } from '#registry/database.ts'
import { openPgliteDatabase } from '#registry/pglite-database.ts'
import { registryOn } from '#registry/registry.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import { createFolderStore } from '#sinks/archive/folder-store.ts'
import { readParquet } from '#sinks/archive/read-parquet.ts'
import { writeParquet } from '#sinks/archive/write-parquet.ts'
import { rewriteArchive } from './rewrite-archive.ts'

const dayMs = 86_400_000
const nowMs = Date.UTC(2026, 0, 31, 12)
let clock = nowMs
let folder: string
let database: Database
let registry: Registry
let store: ObjectStore

beforeAll(async () => {
  database = await openPgliteDatabase(undefined)
  registry = await registryOn(database, () => clock)
})
beforeEach(async () => {
  clock = nowMs
  folder = await mkdtemp(join(tmpdir(), 'callscope-rewrite-'))
  await database.script('TRUNCATE callscope.archive_cuts, callscope.archive_leftovers, callscope.erasures CASCADE')
  let names = 0
  store = createFolderStore({ folder: join(folder, 'objects'), unique: () => String(names++) })
})
afterAll(() => registry.close())

const event = (id: string, tenantid: string, from: string) =>
  JSON.stringify({
    ...{ specversion: '1.0', id, source: '/pbx', type: 'call.started', time: '2026-01-31T11:00:00Z', tenantid },
    ...{ correlationid: id, data: { from } },
  })

/** A cut of some messages with the object that holds them. */
async function archived(tenant: string, fromOffset: number, values: readonly string[], topic = 'call-events') {
  const records = values.map(
    (value, at): LogRecord => ({
      ...{
        topic,
        partition: 0,
        offset: fromOffset + at,
        logTimeMs: nowMs - 60_000 + fromOffset + at,
        key: null,
        headers: {},
        value,
      },
    }),
  )
  const cut = { topic, partition: 0, epoch: 0, fromOffset, toOffset: fromOffset + values.length, lastLogMs: nowMs }
  const { object, entry } = await fileOf(cut, { tenant, day: '2026-01-31', records }, writeParquet)
  const { storageClass } = await store.put(object)
  const when = { retentionUntilMs: nowMs + 400 * dayMs, writtenMs: nowMs, erasedUntil: 0 }
  await registry.archive.add(cut, [{ ...entry, storageClass, ...when }])
  return object.key
}

async function everyMessage(): Promise<readonly string[]> {
  const messages: string[] = []
  const spool = join(folder, 'read')
  for await (const object of registry.archive.objects({})) {
    expect(await fetchObject(store, object, spool)).toEqual({ type: 'fetched' })
    for await (const group of readParquet(spool)) messages.push(...group.map(textOf))
  }
  return messages
}

const files = async (): Promise<readonly string[]> =>
  (await readdir(join(folder, 'objects'), { recursive: true })).filter((name) => name.endsWith('.parquet')).sort()

async function erase(call: string) {
  await registry.erasures.add({ tenant: 'acme', kind: 'call', subjects: [call], madeBy: 'a test' })
}

async function rewrite(more: { rewriting?: ArchiveRewriting; store?: ObjectStore } = {}) {
  const list = erasedSubjects(await registry.erasures.list(), 'salt')
  const erased = () => list
  const parts = {
    ...{ store, index: registry.archive, rewriting: registry.rewriting, clock: () => clock },
    forget: createForgetMessages({
      ...{ forgetting: createForgetting({ erased }), erased },
      tenantOf: createTenantOf({ tenants: () => new Set(['acme', 'globex']) }),
    }),
    ...{ until: () => list.until, spoolFolder: join(folder, 'spool') },
    ...more,
  }
  return rewriteArchive(parts, 'acme')
}

test('only objects that name somebody are written anew, and index and checksum go with them', async () => {
  const untouched = await archived('acme', 0, [event('stays', 'acme', '+4930111')])
  const touched = await archived('acme', 1, [event('gone', 'acme', 'alice@example.com'), event('b', 'acme', 'x')])
  const theirs = await archived('globex', 3, [event('gone', 'globex', 'alice@example.com')])
  const shared = await archived('_mixed', 4, [event('gone', 'acme', 'bob'), event('gone', 'globex', 'carol')])
  await erase('gone')
  expect(await rewrite()).toEqual({
    ...{ looked: 3, rewritten: 2, messages: 2, expired: 0, left: {}, leftUntilMs: undefined },
  })
  expect(await everyMessage()).toEqual([
    ...[event('stays', 'acme', '+4930111'), event('gone', 'acme', 'erased'), event('b', 'acme', 'x')],
    ...[
      event('gone', 'globex', 'alice@example.com'),
      event('gone', 'acme', 'erased'),
      event('gone', 'globex', 'carol'),
    ],
  ])
  const names = await files()
  expect(names).toHaveLength(4)
  expect(names).toEqual(expect.arrayContaining([untouched, theirs]))
  for (const old of [touched, shared]) expect(names).not.toContain(old)
  // Told again there is nothing left to look at; another erasure looks at all of the tenant's again.
  expect((await rewrite()).looked).toBe(0)
  await erase('b')
  expect(await rewrite()).toMatchObject({ looked: 3, rewritten: 1 })
})

test('an object of which nothing may be kept goes whole, and its offsets stay accounted for', async () => {
  await archived('acme', 0, ['{"correlationid":"gone"'])
  await erase('gone')
  expect(await rewrite()).toMatchObject({ looked: 1, rewritten: 1, messages: 1 })
  expect([await files(), await everyMessage()]).toEqual([[], []])
  expect(await registry.archive.last({ topic: 'call-events', partition: 0 })).toMatchObject({ toOffset: 1 })
})

test('what cannot be read is told with how long it may still be there; what has expired is not', async () => {
  const [lost] = [await archived('acme', 0, [event('gone', 'acme', 'x')]), await archived('acme', 1, ['{}'])]
  await erase('gone')
  await rm(join(folder, 'objects', lost))
  expect(await rewrite()).toMatchObject({ looked: 1, left: { missing: 1 }, leftUntilMs: nowMs + 400 * dayMs })
  clock += 401 * dayMs
  expect(await rewrite()).toMatchObject({ looked: 0, expired: 1, left: {} })
})

test('killed before or after any write, it goes on: every message is there once, and no old object', async () => {
  const writes = ['looked', 'intend', 'put', 'replace', 'delete', 'deleted'] as const
  const dead = new Error('killed')
  await archived('acme', 0, [event('gone', 'acme', 'alice'), event('stays', 'acme', 'bob')])
  await archived('acme', 2, [event('gone', 'acme', 'carol')])
  await archived('acme', 3, [event('stays', 'acme', 'bob')])
  await erase('gone')
  for (const write of writes)
    for (const when of ['before', 'after'] as const) {
      const dying =
        <Args extends readonly unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) =>
        async (...args: Args): Promise<Result> => {
          if (name === write && when === 'before') throw dead
          const result = await work(...args)
          if (name === write) throw dead
          return result
        }
      const { rewriting } = registry
      await rewrite({
        store: { ...store, put: dying('put', store.put), remove: dying('delete', store.remove) },
        rewriting: {
          leftovers: rewriting.leftovers,
          looked: dying('looked', rewriting.looked),
          intend: dying('intend', rewriting.intend),
          replace: dying('replace', rewriting.replace),
          deleted: dying('deleted', rewriting.deleted),
        },
      }).catch((error: unknown) => expect(error).toBe(dead))
      expect(await everyMessage()).toHaveLength(4)
    }
  clock += 3_600_001
  await rewrite()
  expect(await everyMessage()).toEqual([
    ...[event('gone', 'acme', 'erased'), event('stays', 'acme', 'bob'), event('gone', 'acme', 'erased')],
    event('stays', 'acme', 'bob'),
  ])
  expect(await files()).toHaveLength(3)
  expect(await registry.rewriting.leftovers()).toEqual([])
})
