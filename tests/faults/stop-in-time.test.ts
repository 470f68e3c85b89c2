import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'

const program = join(import.meta.dirname, 'stuck-native.ts')
let child: ChildProcess | undefined
afterEach(() => void child?.kill('SIGKILL'))

async function startStuck(after: string): Promise<ChildProcess> {
  child = spawn(process.execPath, [program, after], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  // The query is running by then.
  await sleep(1_000)
  return child
}

/** Until it has ended, in milliseconds, and by what. */
async function ended(stuck: ChildProcess): Promise<{ tookMs: number; code: number | null; signal: string | null }> {
  const began = performance.now()
  const [code, signal] = (await once(stuck, 'exit')) as [number | null, string | null]
  return { tookMs: performance.now() - began, code, signal }
}

test.each(['close', 'exit', 'block'])(
  'SIGTERM ends a process within ten seconds though a query cannot be interrupted (%s)',
  async (after) => {
    const stuck = await startStuck(after)
    stuck.kill('SIGTERM')
    const { tookMs, code, signal } = await ended(stuck)
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
    expect(tookMs).toBeLessThan(10_000)
  },
)

test.each(['SIGTERM', 'SIGINT'] as const)('a second signal (%s) ends it at once', async (second) => {
  const stuck = await startStuck('close')
  stuck.kill('SIGTERM')
  await sleep(500)
  expect(stuck.exitCode ?? stuck.signalCode).toBeNull()
  stuck.kill(second)
  const { tookMs, signal } = await ended(stuck)
  expect(signal).toBe('SIGKILL')
  // Long before its time for an orderly stop has run out.
  expect(tookMs).toBeLessThan(5_000)
})

test('a signal that comes twice with one key press still stops it in good order', async () => {
  const stuck = await startStuck('close')
  stuck.kill('SIGINT')
  stuck.kill('SIGINT')
  await sleep(3_000)
  expect(stuck.exitCode ?? stuck.signalCode).toBeNull()
})
