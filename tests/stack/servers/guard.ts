import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Ends what this process has started when it dies without having done so itself, by SIGKILL too: a process of its own that
 * reads what there is from a pipe, and does its work when the pipe ends.
 */
let guard: ChildProcess | undefined

/** Guards a process group. What is returned says that it has ended. */
export function guardGroup(pid: number): () => void {
  tell(`group ${pid}`)
  return () => tell(`ended ${pid}`)
}

/** A new folder that is removed when this process is gone, and with it all guarded groups. */
export async function temporaryFolder(prefix: string, parent: string = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(parent, prefix))
  tell(`folder ${path}`)
  return path
}

function tell(line: string): void {
  if (guard === undefined) {
    guard = spawn(process.execPath, [import.meta.filename], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    guard.on('error', () => undefined)
    guard.stdin?.on('error', () => undefined)
    // It must not keep us alive: our end is what it waits for.
    guard.unref()
    ;(guard.stdin as unknown as { unref(): void }).unref()
  }
  guard.stdin?.write(`${line}\n`)
}

async function watch(): Promise<void> {
  const groups = new Set<number>()
  const folders = new Set<string>()
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.split(' ')
    const what = rest.join(' ')
    if (word === 'group') groups.add(Number(what))
    else if (word === 'ended') groups.delete(Number(what))
    else folders.add(what)
  }
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

if (import.meta.main) {
  // What ends the whole group of a terminal is meant for us only after the others.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  await watch()
}
