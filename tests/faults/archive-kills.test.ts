import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import { readParquet } from '#sinks/archive/read-parquet.ts'
import { archiveTopics, openArchiveStores } from './archive-stores.ts'
import type { ArchiveOrder, ArchiveWrite } from './archive-worker.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-archive-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const writes: readonly ArchiveWrite[] = ['object', 'index', 'commit']
/** Between every two writes, early in a life and later. */
const deaths = writes.flatMap((write, at) => [
  { when: 'before' as const, write, nth: 1 + at },
  { when: 'after' as const, write, nth: 3 - at },
])

/** Runs one process to its end; with a time, it is killed then. */
async function live(order: ArchiveOrder, killAfterMs?: number): Promise<number | string | null> {
  const child = fork(join(import.meta.dirname, 'archive-worker.ts'), [JSON.stringify(order)])
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  if (killAfterMs !== undefined) void sleep(killAfterMs).then(() => child.kill('SIGKILL'))
  const [code, signal] = await exited
  return signal ?? code
}

/** Where a message was, and what it was. */
const told = (record: LogRecord): string =>
  [record.topic, record.partition, record.offset, record.logTimeMs, record.key, textOf(record)].join(' ')

test('killed at any write, and at any time, the archive holds every message of the log once', async () => {
  const order = { folder, messages: 200 }
  for (const [life, death] of deaths.entries())
    expect([death, await live({ ...order, life, death })]).toEqual([death, 'SIGKILL'])
  for (const [life, killAfterMs] of [900, 1_300, 2_000].entries())
    expect(await live({ ...order, life: 100 + life, death: undefined }, killAfterMs)).toBe('SIGKILL')
  expect(await live({ ...order, life: 200, death: undefined })).toBe(0)

  const { log, registry, store } = await openArchiveStores(folder)
  const sent: string[] = []
  for (const topic of archiveTopics)
    for (const { start, ...place } of await log.extent(topic))
      sent.push(...(await log.read({ ...place, offset: start }, 100_000)).map(told))
  const kept: string[] = []
  const copy = join(folder, 'copy')
  for await (const object of registry.archive.objects({})) {
    expect([object.key, await fetchObject(store, object, copy)]).toEqual([object.key, { type: 'fetched' }])
    for await (const group of readParquet(copy)) kept.push(...group.map(told))
  }
  expect(sent.length).toBeGreaterThan(200 * deaths.length * 0.3)
  expect({ lost: sent.filter((one) => !kept.includes(one)), kept: kept.length, distinct: new Set(kept).size }).toEqual({
    lost: [],
    kept: sent.length,
    distinct: sent.length,
  })
  await registry.close()
  await log.close()
}, 240_000)
