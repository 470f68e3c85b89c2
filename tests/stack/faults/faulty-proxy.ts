import { once } from 'node:events'
import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What the proxy does with one request. `after`: carried out, and the answer is lost. */
export type Mischief = { readonly status: number; readonly retryAfter?: string } | 'after' | 'none'

export interface FaultyProxy {
  readonly url: string
  /** Asked for every request; the number counts them. */
  set(choose: (request: number) => Mischief): void
  close(): Promise<void>
}

/** Stands before a real server and fails some requests, before or after they were carried out. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let choose: (request: number) => Mischief = () => 'none'
  let count = 0
  const to = new URL(target)
  const server = createServer(async (incoming, outgoing) => {
    const mischief = incoming.method === 'POST' ? choose(++count) : 'none'
    const body = await buffer(incoming)
    if (typeof mischief === 'object') {
      const headers = mischief.retryAfter === undefined ? {} : { 'retry-after': mischief.retryAfter }
      outgoing.writeHead(mischief.status, headers).end('this is a fault of the test')
      return
    }
    const { host: _, ...headers } = incoming.headers
    const forwarded = ask({
      ...{ hostname: to.hostname, port: to.port, path: incoming.url, method: incoming.method, headers },
    })
    forwarded.on('error', () => outgoing.destroy())
    forwarded.on('response', (answer) => {
      // Carried out, and the sender never learns: its time-out, or a cut connection.
      if (mischief === 'after') {
        answer.resume()
        outgoing.destroy()
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      choose = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
