import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { plainEnvironment } from '../names.ts'
import { guardGroup } from '../servers/guard.ts'
import { repositoryFile } from '../servers/server.ts'

/** What a command left behind. */
export interface Ended {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

/** A command that waits for something that never comes must not hold up the run. */
const longestMs = 110_000

/** `callscope …` as an operator types it, in a process of its own. */
export async function callscope(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [repositoryFile('app/callscope.ts'), ...args], {
    env: { ...plainEnvironment(), CALLSCOPE_REEXECUTED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const release = child.pid === undefined ? () => undefined : guardGroup(child.pid)
  const late = setTimeout(() => child.kill('SIGKILL'), longestMs)
  const [out, err, [exit]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  clearTimeout(late)
  release()
  return { exit, out, err }
}
