import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NewRecord } from '#contracts/event-log.ts'
import type { News, Order } from './install-process.ts'

/** A whole install in a process of its own. */
export interface FuzzedInstall {
  readonly folder: string
  /** By the administrator; `tenant` names whose it is. */
  request(
    path: string,
    asked?: {
      readonly body?: string | Uint8Array
      readonly headers?: Record<string, string>
      readonly tenant?: string
    },
  ): Promise<{ readonly status: number; readonly text: string }>
  /** Straight into the log. */
  append(records: readonly NewRecord[]): Promise<void>
  /** Held by its heap and buffers after a full collection, bytes. */
  heldBytes(): Promise<number>
  /** Of the warehouse. */
  rows(query: string): Promise<readonly (readonly unknown[])[]>
  /** What it has said on standard error. */
  said(): string
  isAlive(): boolean
  /** Ends it at once and starts it again on its folder. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** `settings`: further lines of its configuration file. */
export async function startFuzzedInstall(settings: readonly string[] = []): Promise<FuzzedInstall> {
  const folder = await mkdtemp(join(tmpdir(), 'callscope-fuzz-'))
  const config = join(folder, 'callscope.yaml')
  await writeFile(
    config,
    [
      `dataDir: ${join(folder, 'data')}`,
      'tenants: [{id: alpha}, {id: beta}]',
      'defaultTenant: alpha',
      'logLevel: warn',
      `archive: {url: "file://${join(folder, 'archive')}", flushSeconds: 5}`,
      ...settings,
      '',
    ].join('\n'),
  )
  let life = await startLife(config)
  const ask = (order: Ordered) => life.ask(order)
  return {
    folder,
    async request(path, { body, headers = {}, tenant } = {}) {
      const answer = await fetchAgain(`${life.url}${path}`, {
        headers: {
          ...{ authorization: `Bearer ${life.token}`, 'content-type': 'application/json', ...headers },
          ...(tenant === undefined ? {} : { 'callscope-tenant': tenant }),
        },
        ...(body === undefined ? {} : { method: 'POST', body: body as string }),
      })
      return { status: answer.status, text: await answer.text() }
    },
    append: async (records) => void (await ask({ type: 'append', records })),
    heldBytes: async () => Number(await ask({ type: 'memory' })),
    rows: async (query) => ((await ask({ type: 'rows', query })) as { readonly rows: readonly unknown[][] }).rows,
    said: () => life.said(),
    isAlive: () => life.child.exitCode === null && life.child.signalCode === null,
    async restart() {
      await life.end()
      life = await startLife(config)
    },
    async close() {
      await life.end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Nothing takes so long, however busy the machine is. */
const requestMs = 180_000

/** Once more where the connection was cut: the server ends idle ones just when a client may use them. */
const fetchAgain = (url: string, asked: RequestInit): Promise<Response> =>
  fetch(url, { ...asked, signal: AbortSignal.timeout(requestMs) }).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error
    return fetch(url, { ...asked, signal: AbortSignal.timeout(requestMs) })
  })

type Ordered = Order extends infer One ? (One extends Order ? Omit<One, 'id'> : never) : never

interface Life {
  readonly child: ChildProcess
  readonly url: string
  readonly token: string
  said(): string
  ask(order: Ordered): Promise<unknown>
  end(): Promise<void>
}

/** Kept of what it says. */
const mostSaid = 1_000_000

async function startLife(config: string): Promise<Life> {
  const child = fork(join(import.meta.dirname, 'install-process.ts'), [config], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--max-semi-space-size=64'],
  })
  const waiting = new Map<number, { done(value: unknown): void; failed(error: Error): void }>()
  let said = ''
  let last = 0
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-mostSaid)
  })
  const ended = once(child, 'exit')
  const up = await new Promise<Extract<News, { type: 'up' }>>((resolve, reject) => {
    child.on('message', (news: News) => {
      if (news.type === 'up') return resolve(news)
      const asked = waiting.get(news.id)
      waiting.delete(news.id)
      if (news.error === undefined) asked?.done(news.value)
      else asked?.failed(new Error(news.error))
    })
    void ended.then(() => {
      const error = new Error(`the install ended by itself: ${said.slice(-4_000)}`)
      reject(error)
      for (const asked of waiting.values()) asked.failed(error)
    })
  })
  return {
    ...{ child, url: up.url, token: up.token, said: () => said },
    ask(order) {
      const id = ++last
      return new Promise((done, failed) => {
        waiting.set(id, { done, failed })
        child.send({ ...order, id })
      })
    },
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
