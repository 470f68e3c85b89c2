import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { decodeSpans } from '#contracts/otlp/decode.ts'

/** Takes OTLP/HTTP as Tempo does and counts spans by identity, as Tempo combines them. Protocol-true, and no Tempo. */
export interface OtlpReceiver {
  readonly url: string
  /** Distinct (trace id, span id, kind). */
  spans(): number
  /** Answers with this status instead of taking anything; undefined: takes everything. */
  refuseWith(status: number | undefined): void
  close(): Promise<void>
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const seen = new Set<string>()
  let refusal: number | undefined
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (refusal !== undefined) {
      response.writeHead(refusal).end()
      return
    }
    for (const identity of identitiesIn(body)) seen.add(identity)
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => seen.size,
    refuseWith(status) {
      refusal = status
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const body = await buffer(request)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

function identitiesIn(body: Uint8Array): readonly string[] {
  const decoded = decodeSpans(body, 'application/x-protobuf')
  if (decoded.type === 'malformed') throw new Error(`not OTLP: ${decoded.detail}`)
  return decoded.spans.map(({ traceId, spanId, kind }) => `${traceId} ${spanId} ${kind}`)
}
