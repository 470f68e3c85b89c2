import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { guardGroup } from './guard.ts'

export interface Launch {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Who it runs as, where that is not us. */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly logFile: string
  /** Asks it to stop in good order; SIGTERM where nothing else is said. */
  readonly stopSignal?: NodeJS.Signals
  /** Rejects as long as the server does not answer. */
  readonly answers: () => Promise<void>
  readonly readySeconds?: number
}

/** One real server. It keeps ports and folder while it is down, so that `start` brings back the same one. */
export interface ServerProcess {
  readonly name: string
  readonly logFile: string
  /** Resolves when it answers; rejects with the end of its log when it does not in time. */
  start(): Promise<void>
  /** In good order; by force where that takes more than ten seconds. */
  stop(): Promise<void>
  /** SIGKILL: as if the machine had lost it. */
  kill(): Promise<void>
  /** Neither answers nor closes connections, until `thaw`. */
  freeze(): void
  thaw(): void
}

const stopMs = 10_000
const logTailCharacters = 3_000

export function createServerProcess(launch: Launch): ServerProcess {
  const { name, logFile } = launch
  let running: Running | undefined

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = running
    running = undefined
    if (ending === undefined) return
    ending.signal('SIGCONT')
    ending.signal(signal)
    await Promise.race([ending.exited, pause(stopMs, undefined, { ref: false })])
    // The whole group in any case: what a server has started does not outlive it.
    ending.signal('SIGKILL')
    await ending.exited
    ending.release()
  }

  return {
    name,
    logFile,
    async start() {
      if (running !== undefined) throw new Error(`${name} runs already`)
      running = run(launch)
      try {
        await untilItAnswers(launch, running)
      } catch (error) {
        await end('SIGKILL')
        throw error
      }
    },
    stop: () => end(launch.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => running?.signal('SIGSTOP'),
    thaw: () => running?.signal('SIGCONT'),
  }
}

interface Running {
  readonly exited: Promise<string>
  signal(signal: NodeJS.Signals): void
  release(): void
}

function run(launch: Launch): Running {
  const log = openSync(launch.logFile, 'a')
  const child = spawn(launch.command, launch.args, {
    env: { ...process.env, ...launch.env },
    ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    ...launch.user,
    stdio: ['ignore', log, log],
    detached: true, // a process group of its own, so that all of it can be ended
  })
  closeSync(log)
  const { pid } = child
  const release = pid === undefined ? () => undefined : guardGroup(pid)
  return {
    exited: exitOf(child),
    release,
    signal(signal) {
      if (pid === undefined) return
      try {
        process.kill(-pid, signal)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    },
  }
}

const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(`ended with ${signal ?? code}`))
  })

async function untilItAnswers(
  { name, answers, logFile, readySeconds = 60 }: Launch,
  { exited }: Running,
): Promise<void> {
  const deadline = Date.now() + readySeconds * 1_000
  const gone = exited.then((how) => ({ how }))
  let last = 'never asked'
  while (Date.now() < deadline) {
    const outcome = await Promise.race([
      gone,
      answers().then(
        () => undefined,
        (error: unknown) => String(error),
      ),
    ])
    if (outcome === undefined) return
    if (typeof outcome === 'object') throw new Error(`${name} ${outcome.how}\n${tailOf(logFile)}`)
    last = outcome
    await pause(100)
  }
  throw new Error(`${name} did not answer within ${readySeconds} s (${last})\n${tailOf(logFile)}`)
}

/** The end of a log, for who has to find out what went wrong. */
export const tailOf = (logFile: string): string =>
  `--- end of ${logFile}\n${readFileSync(logFile, 'utf8').slice(-logTailCharacters)}`
