import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  compactResult,
  graceMs,
  jsonLine,
  ranTooLong,
  type SqlLimits,
  SqlRefused,
  type SqlRunner,
} from './sql-confined.ts'
import { snapshotsOf } from './sql-snapshot.ts'

/** What the process is asked, as one line on its standard input. It ends when that closes, and with it its parent. */
export interface SqlRequest {
  readonly warehouse: string
  readonly snapshot: string
  readonly sql: string
  readonly limits: SqlLimits
}

/** What it says, a line each, on its descriptor 3. The result itself, JSONCompact, goes to standard output. */
export type SqlReport =
  | { readonly type: 'running' }
  | { readonly type: 'answered'; readonly bytes: number }
  /** The query is to blame. */
  | { readonly type: 'refused'; readonly detail: string }
  /** It is not. */
  | { readonly type: 'failed'; readonly detail: string }

/** Linking the parts and starting the engine: half a second, more where there are many parts or the machine is busy. */
const prepareMs = 30_000

export interface ProcessRunnerParts {
  /** Folder of the embedded engine's warehouse. */
  readonly path: string
  readonly limits: SqlLimits
}

/**
 * Runs each query in an engine process of its own, over a snapshot of the tables it reads. The engine looks at its limits
 * between blocks, and the call of one function may take hours: a process can be killed all the same, and it does that to no
 * other query. One query at a time, so that memory is bounded.
 */
export function createProcessRunner({ path, limits }: ProcessRunnerParts): SqlRunner {
  let closed = false
  let running: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | undefined

  async function run(sql: string) {
    if (closed) throw stopping()
    const snapshot = join(snapshotsOf(path), randomUUID())
    const child = start({ warehouse: path, snapshot, sql, limits })
    const answer = answerOf(child, limits)
    const ended = answer.catch(() => undefined).finally(() => rm(snapshot, { recursive: true, force: true }))
    running = { child, ended }
    try {
      return await answer
    } catch (error) {
      throw closed ? stopping() : error
    } finally {
      await ended
      running = undefined
    }
  }

  return {
    run,
    async close() {
      closed = true
      running?.child.kill('SIGKILL')
      await running?.ended
    },
  }
}

const stopping = (): SqlRefused => new SqlRefused('callscope is stopping: send the query again when it is up')

/** Without environment: nothing in it concerns a query, and it holds secrets. */
function start(request: SqlRequest): ChildProcess {
  const program = join(import.meta.dirname, 'sql-process-main.ts')
  const child = spawn(process.execPath, [program], { env: {}, stdio: ['pipe', 'pipe', 'ignore', 'pipe'] })
  // One that has ended already does not read: its end says why.
  child.stdin?.on('error', () => undefined)
  child.stdin?.write(jsonLine(request))
  return child
}

async function answerOf(child: ChildProcess, limits: SqlLimits) {
  let tookTooLong: Error | undefined
  const endAfter = (ms: number, reason: Error): NodeJS.Timeout =>
    setTimeout(() => {
      tookTooLong = reason
      child.kill('SIGKILL')
    }, ms)
  let timer = endAfter(
    prepareMs,
    new Error(`the warehouse could not be opened for the query within ${prepareMs / 1_000} s`),
  )
  const whole = buffer(child.stdout as Readable)
  // Looked at below, after the reports.
  whole.catch(() => undefined)
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  try {
    for await (const report of reportsOf(child)) {
      if (report.type === 'refused') throw new SqlRefused(report.detail)
      if (report.type === 'failed') throw new Error(report.detail)
      clearTimeout(timer)
      timer = endAfter(limits.timeoutMs + graceMs, ranTooLong(limits))
      if (report.type === 'answered') return compactResult(await wholeOf(whole, report.bytes))
    }
    throw tookTooLong ?? endedEarly(...(await exit))
  } catch (error) {
    throw tookTooLong ?? error
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
    await exit.catch(() => undefined)
  }
}

async function wholeOf(whole: Promise<Buffer>, bytes: number): Promise<string> {
  const body = await whole
  if (body.length !== bytes) throw new Error(`of the result of a query ${body.length} of ${bytes} bytes came`)
  return body.toString('utf8')
}

async function* reportsOf(child: ChildProcess): AsyncIterable<SqlReport> {
  const lines = createInterface({ input: child.stdio[3] as Readable })
  for await (const line of lines) yield JSON.parse(line) as SqlReport
}

const endedEarly = (code: number | null, signal: string | null): Error =>
  signal === null
    ? new Error(`the process of the query ended with exit code ${code}`)
    : new SqlRefused(
        `the query failed: its process was ended by ${signal}, most likely for want of memory: ask for less, or lower sql.memoryMiB`,
      )
