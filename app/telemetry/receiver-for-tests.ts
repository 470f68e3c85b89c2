import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** Takes whatever is posted to it: the far end of OTLP over HTTP, or of Loki's push. */
export interface Receiver {
  readonly url: string
  /** Bodies as they came, parsed. */
  readonly bodies: readonly unknown[]
  stop(): Promise<void>
}

export async function startReceiver(status: () => number = () => 200): Promise<Receiver> {
  const bodies: unknown[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const bytes = Buffer.concat(parts)
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    bodies.push(JSON.parse(text.toString()))
    response.writeHead(status(), { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
