import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { errorText, FrontError, statusOf } from './answers.ts'
import type { Engine } from './engine.ts'
import type { FaultPlan, Misfortune } from './faults.ts'
import { type Asked, readRequest } from './request.ts'

export interface HttpParts {
  readonly engine: Engine
  readonly faults: FaultPlan
  /** Passwords by user. */
  readonly users: Readonly<Record<string, string>>
}

/** The ClickHouse HTTP interface, as far as `@clickhouse/client` and callscope use it. */
export function createHttp({ engine, faults, users }: HttpParts): Server {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://front').pathname
    if (path === '/ping') return void response.end('Ok.\n')
    let queryId: string | undefined
    try {
      const asked = await readRequest(request)
      queryId = asked.queryId
      refuseStranger(asked)
      if (asked.statement.query === '') return void response.end('Ok.\n')
      await carryOut(asked, request, response)
    } catch (error) {
      const { code, body } = errorText(error)
      send(request, response, { status: statusOf(code), code, queryId, body: Buffer.from(body), compress: false })
    }
  }

  async function carryOut(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { statement, session, queryId = randomUUID(), compress } = asked
    const { before, after } = faults.of(statement.query)
    const { slowMs } = faults.now()
    if (slowMs > 0) await sleep(slowMs)
    if (befell(before, response)) return
    // Whoever has gone away is not read for. An insert is carried out all the same, as on a server that has begun it.
    const isGone = (): boolean => response.destroyed || request.socket.destroyed
    if (isGone() && !/^\s*INSERT\b/i.test(statement.query)) return
    const started = process.hrtime.bigint()
    const { body, writtenRows } = await engine.run(statement, session)
    if (befell(after, response)) return
    const summary = {
      ...{ read_rows: '0', read_bytes: '0', written_rows: String(writtenRows), written_bytes: '0' },
      ...{ total_rows_to_read: '0', result_rows: '0', result_bytes: '0' },
      elapsed_ns: String(process.hrtime.bigint() - started),
    }
    response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary))
    send(request, response, { status: 200, code: undefined, queryId, body, compress })
  }

  function refuseStranger({ user, password }: Asked): void {
    if (Object.hasOwn(users, user) && users[user] === password) return
    const message = `${user}: Authentication failed: password is incorrect, or there is no user with such name.`
    throw new FrontError(516, 'AUTHENTICATION_FAILED', message)
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    answer(request, response).catch(() => response.destroy())
  })
  // A server's own defaults: connections are kept ten seconds, and a statement may take as long as it likes.
  server.keepAliveTimeout = 10_000
  server.requestTimeout = 0
  return server
}

function befell(misfortune: Misfortune, response: ServerResponse): boolean {
  if (misfortune.type === 'none') return false
  if (misfortune.type === 'cut') response.socket?.resetAndDestroy()
  else {
    const { status, code, body } = misfortune.answer
    if (code !== undefined) response.setHeader('X-ClickHouse-Exception-Code', String(code))
    response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/html' : 'text/plain' }).end(body)
  }
  return true
}

const encoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  zstd: (body) => zstdCompressSync(body),
  gzip: (body) => gzipSync(body, { level: 1 }),
  deflate: (body) => deflateSync(body),
}

interface Sent {
  readonly status: number
  readonly code: number | undefined
  readonly queryId: string | undefined
  readonly body: Buffer
  readonly compress: boolean
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, queryId, body, compress }: Sent,
): void {
  if (response.headersSent || response.destroyed) return
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = compress ? Object.keys(encoders).find((name) => accepted.includes(name)) : undefined
  const bytes = encoders[encoding ?? '']?.(body) ?? body
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding)
  if (code !== undefined) response.setHeader('X-ClickHouse-Exception-Code', String(code))
  if (queryId !== undefined) response.setHeader('X-ClickHouse-Query-Id', queryId)
  response.writeHead(status, {
    ...{ 'X-ClickHouse-Timezone': 'UTC', 'X-ClickHouse-Server-Display-Name': 'callscope test front' },
    ...{ 'content-type': 'text/plain; charset=UTF-8', 'content-length': bytes.length },
  })
  response.end(bytes)
}
