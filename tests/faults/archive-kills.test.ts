import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compare, openArchiveStores } from './archive-stores.ts'
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

test('killed at any write, and at any time, the archive holds every message of the log once', async () => {
  const order = { folder, messages: 200 }
  for (const [life, death] of deaths.entries())
    expect([death, await live({ ...order, life, death })]).toEqual([death, 'SIGKILL'])
  for (const [life, killAfterMs] of [900, 1_300, 2_000].entries())
    expect(await live({ ...order, life: 100 + life, death: undefined }, killAfterMs)).toBe('SIGKILL')
  expect(await live({ ...order, life: 200, death: undefined })).toBe(0)

  const stores = await openArchiveStores(folder)
  const { sent, kept, lost } = await compare(stores, join(folder, 'copy'))
  expect(sent).toBeGreaterThan(200 * deaths.length * 0.3)
  expect({ lost, kept }).toEqual({ lost: [], kept: sent })
  await stores.registry.close()
  await stores.log.close()
}, 240_000)
