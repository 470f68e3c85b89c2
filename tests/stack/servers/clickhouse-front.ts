import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { json } from 'node:stream/consumers'
import { openEngine } from './clickhouse/engine.ts'
import { createFaults, type FaultPlan, type FaultsGiven } from './clickhouse/faults.ts'
import { createHttp } from './clickhouse/http.ts'

/*
 * For tests only. It puts the HTTP interface of ClickHouse before the embedded engine (chdb), so that several processes
 * share one warehouse and the HTTP path of the client is what is tested. It is not a server: no users but passwords, no row
 * policies, no replication, no quorum, nothing of a query can be cancelled, and a result is whole before it is sent.
 */

export interface FrontOptions {
  readonly folder: string
  /** Any free one unless said: one that is started again after a kill needs the same. */
  readonly port?: number
  readonly faults?: FaultsGiven
  /** Passwords by user; `default` without one unless said. */
  readonly users?: Readonly<Record<string, string>>
}

export interface ClickhouseFront {
  readonly url: string
  readonly port: number
  /** Its own port, which answers also while `refuse` is on. GET: faults and counts. PUT: faults as JSON. */
  readonly control: {
    readonly url: string
    set(faults: FaultsGiven): Promise<void>
    counts(): Promise<{ requests: number; inserts: number; failed: number; cut: number }>
  }
  readonly pid: number
  /** Lets what runs come to its end. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
}

/** Starts a front in a process of its own, which ends with this one at the latest. */
export async function startClickhouseFront(options: FrontOptions): Promise<ClickhouseFront> {
  const env = {
    ...process.env,
    CLICKHOUSE_FRONT: JSON.stringify({ ...options, owned: true }),
    // Statements run on the threads of libuv, of which there are four unless said.
    UV_THREADPOOL_SIZE: '64',
  }
  const child = spawn(process.execPath, [import.meta.filename], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const { url, control } = await readyLine(child)
  const ended = once(child, 'exit')
  return {
    ...{ url, port: Number(new URL(url).port), pid: Number(child.pid) },
    control: {
      url: control,
      async set(faults) {
        const response = await fetch(control, { method: 'PUT', body: JSON.stringify(faults) })
        if (!response.ok) throw new Error(`the front takes no such faults: ${await response.text()}`)
      },
      async counts() {
        const { counts } = (await (await fetch(control)).json()) as {
          counts: Awaited<ReturnType<ClickhouseFront['control']['counts']>>
        }
        return counts
      },
    },
    async stop() {
      child.stdin?.end()
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function readyLine(child: ChildProcess): Promise<{ url: string; control: string }> {
  if (child.stdout === null) throw new Error('the front has no output')
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('{"url"')) return JSON.parse(line) as { url: string; control: string }
  }
  throw new Error('the front ended before it was ready')
}

/** A server that can stop listening and begin again at the same port. */
function createGate(server: Server) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  let port = 0
  return {
    async open(at: number): Promise<number> {
      if (server.listening) return port
      server.listen(at, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
      return port
    },
    async shut({ gently }: { gently: boolean }): Promise<void> {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      if (gently) server.closeIdleConnections()
      else for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** The front in this process. Environment: CLICKHOUSE_FRONT, the options as JSON. */
async function main(): Promise<void> {
  const given = JSON.parse(process.env.CLICKHOUSE_FRONT ?? '{}') as Partial<FrontOptions> & { owned?: boolean }
  if (given.folder === undefined) throw new Error(`CLICKHOUSE_FRONT='{"folder": "…", "port": 8123}' is needed`)
  const engine = openEngine(given.folder)
  const faults = createFaults(given.faults ?? {})
  const gate = createGate(createHttp({ engine, faults, users: given.users ?? { default: '' } }))
  const port = await gate.open(given.port ?? 0)
  const obey = (): Promise<unknown> => (faults.now().refuse ? gate.shut({ gently: false }) : gate.open(port))
  await obey()
  const control = createControl(faults, obey)
  control.listen(0, '127.0.0.1')
  await once(control, 'listening')
  const controlUrl = `http://127.0.0.1:${(control.address() as AddressInfo).port}`
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, control: controlUrl })}\n`)

  const stop = async (): Promise<void> => {
    control.close()
    control.closeAllConnections()
    await gate.shut({ gently: true })
    await engine.close()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // Whoever started it has ended, or wants it to.
  if (given.owned === true) process.stdin.resume().once('end', stop)
}

function createControl(faults: FaultPlan, obey: () => Promise<unknown>): Server {
  return createServer(async (request, response) => {
    try {
      if (request.method === 'PUT') {
        faults.set((await json(request)) as FaultsGiven)
        await obey()
      }
      response.end(JSON.stringify({ faults: faults.now(), counts: faults.counts() }))
    } catch (error) {
      response.writeHead(400).end((error as Error).message)
    }
  })
}

if (import.meta.main) await main()
