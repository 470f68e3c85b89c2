import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface PushRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Decompressed. */
  readonly body: Buffer
}

/** `hang`: takes the request, and never answers. `cut`: breaks the connection. */
export type PushAnswer =
  | {
      readonly status: number
      readonly body?: string | Uint8Array
      readonly headers?: Readonly<Record<string, string>>
    }
  | 'hang'
  | 'cut'

export interface PushServer {
  readonly url: string
  readonly requests: PushRequest[]
  /** Answers of the next requests, in order; after them `answer` speaks. */
  readonly next: PushAnswer[]
  answer: (request: PushRequest) => PushAnswer
  stop(): Promise<void>
}

/** An HTTP server of a store that takes pushes, whose answers a test decides. */
export async function startPushServer(answer: PushServer['answer'] = () => ({ status: 204 })): Promise<PushServer> {
  const requests: PushRequest[] = []
  const next: PushAnswer[] = []
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      const whole = Buffer.concat(parts)
      const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole
      const request = { path: incoming.url ?? '', headers: incoming.headers, body }
      requests.push(request)
      const told = next.shift() ?? self.answer(request)
      if (told === 'hang') return
      if (told === 'cut') return void incoming.socket.destroy()
      outgoing.writeHead(told.status, told.headers)
      outgoing.end(told.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const self: PushServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ requests, next, answer },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return self
}
