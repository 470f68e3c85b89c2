import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { plainEnvironment } from '../names.ts'
import { guardGroup } from '../servers/guard.ts'
import { metricsTokenForTests } from '../servers/prometheus.ts'
import { repositoryFile } from '../servers/server.ts'

export interface WorkerProcess {
  readonly pid: number
  /** Base URL of its status port, once it has told it. */
  readonly url: Promise<string>
  /** Resolves when its readiness says so. */
  ready(): Promise<void>
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  readonly isAlive: () => boolean
  /** What it said at error or above. */
  complaints(): readonly string[]
  /** All it said, on standard output and standard error. */
  said(): string
}

export interface WorkerOptions {
  readonly config: string
  readonly pipelines?: string
  /** File with milliseconds that its wall clock is off by, read four times a second. */
  readonly clockFile?: string
  /** Beside what it has: memory limits and the like. */
  readonly nodeOptions?: readonly string[]
  /** Settings by variable. */
  readonly env?: Readonly<Record<string, string>>
  /** `worker` unless said: another command that runs until it is stopped and tells its URL. */
  readonly command?: readonly string[]
}

/** `callscope worker` as an operator starts it, in a process of its own. */
export function startWorkerProcess(options: WorkerOptions): WorkerProcess {
  const { config, pipelines, clockFile, nodeOptions = [], command = ['worker'] } = options
  const shifted = clockFile === undefined ? [] : ['--import', join(import.meta.dirname, 'shifted-clock.ts')]
  const args = [
    ...[
      '--max-semi-space-size=64',
      ...nodeOptions,
      ...shifted,
      repositoryFile('app/callscope.ts'),
      ...command,
      '--config',
      config,
    ],
    ...['--port', '0', '--json', ...(pipelines === undefined ? [] : ['--pipelines', pipelines])],
  ]
  const env = {
    ...plainEnvironment(),
    CALLSCOPE_REEXECUTED: '1',
    CALLSCOPE_METRICS_TOKEN: metricsTokenForTests,
    ...options.env,
    ...(clockFile === undefined ? {} : { TEST_CLOCK: clockFile }),
  }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const release = child.pid === undefined ? () => undefined : guardGroup(child.pid)
  const ended = once(child, 'exit').then(([code]) => {
    release()
    return code as number | null
  })
  const errors = complaintsOf(child)
  const said = textOf(child)
  const url = firstLine(child).then((line) => (JSON.parse(line) as { url: string }).url)
  url.catch(() => undefined)
  return {
    pid: child.pid ?? -1,
    url,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    complaints: errors,
    said,
    async ready() {
      const base = await url
      let last = 'no answer'
      for (const until = Date.now() + readyWithinMs; Date.now() < until; await sleep(100)) {
        if (child.exitCode !== null || child.signalCode !== null) return
        const answer = await fetch(`${base}/health/ready`).catch(() => undefined)
        if (answer?.ok === true) return
        last = (await answer?.text().catch(() => undefined)) ?? last
      }
      throw new Error(`the worker is not ready: ${last}\n${said()}`)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of stdout?.setEncoding('utf8') ?? []) {
    text += chunk
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'))
  }
  throw new Error('the worker ended before it told where it listens')
}

/** A store may be down for minutes. */
const readyWithinMs = 60_000

/** Enough for every test, and not for an endless complaint. */
const mostCharacters = 4_000_000

function textOf({ stdout, stderr }: ChildProcess): () => string {
  let text = ''
  for (const stream of [stdout, stderr])
    stream?.on('data', (chunk: Buffer | string) => {
      if (text.length < mostCharacters) text += chunk
    })
  return () => text
}

/** pino's numbers: 50 is error. */
const errorLevel = 50

function complaintsOf({ stderr }: ChildProcess): () => readonly string[] {
  const found: string[] = []
  let rest = ''
  stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (isComplaint(line) && found.length < 100) found.push(line.slice(0, 1_000))
  })
  return () => found
}

function isComplaint(line: string): boolean {
  if (line.startsWith('{')) return (JSON.parse(line) as { level: number }).level >= errorLevel
  // Node's own warnings are no complaint of ours.
  return line.trim() !== '' && !/^\(.*Warning|^\(Use|^Timeout duration/.test(line)
}
