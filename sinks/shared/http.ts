import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'

export interface HttpOptions {
  /** Base URL; a path in it stands before every path asked for. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly timeoutMs: number
  /** Connections at once, kept alive in between. */
  readonly maxSockets: number
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Bytes of the answer that are read; what is longer is cut, and says so. */
  readonly maxAnswerBytes: number
}

/** An answer, or why there is none. Nothing is known of what a request without an answer did. */
export type HttpReply =
  | {
      readonly type: 'answered'
      readonly status: number
      readonly retryAfter: string | undefined
      readonly contentType: string
      readonly body: Buffer
      readonly isCut: boolean
    }
  | { readonly type: 'no_answer'; readonly reason: 'timeout' | 'unreachable' | 'stopped' }

export interface HttpClient {
  /** Never rejects. Follows no redirects: a push that went elsewhere is stored nowhere we know. */
  send(request: HttpRequest, stop?: AbortSignal): Promise<HttpReply>
  close(): void
}

/**
 * HTTP to one store, over connections of its own: what `fetch` shares between all stores would let one that hangs take
 * the others' turns.
 */
export function createHttpClient(options: HttpOptions): HttpClient {
  const base = new URL(options.url)
  const isTls = base.protocol === 'https:'
  const Agent = isTls ? TlsAgent : PlainAgent
  const agent = new Agent({ keepAlive: true, maxSockets: options.maxSockets, maxFreeSockets: options.maxSockets })
  const request = isTls ? tlsRequest : plainRequest
  const credential = credentialOf(options, base)
  base.username = ''
  base.password = ''
  const prefix = base.pathname.replace(/\/+$/, '')

  return {
    send: ({ method, path, headers, body, maxAnswerBytes }, stop) =>
      new Promise((resolve) => {
        if (stop?.aborted === true) return resolve({ type: 'no_answer', reason: 'stopped' })
        const timeout = AbortSignal.timeout(options.timeoutMs)
        const signal = stop === undefined ? timeout : AbortSignal.any([timeout, stop])
        const fail = () => {
          const reason = stop?.aborted === true ? 'stopped' : timeout.aborted ? 'timeout' : 'unreachable'
          resolve({ type: 'no_answer', reason })
        }
        const length = body === undefined ? {} : { 'content-length': String(body.length) }
        const sent = request(
          new URL(prefix + path, base),
          { method, agent, signal, headers: { ...headers, ...credential, ...length } },
          (answer) => void readAnswer(answer, maxAnswerBytes).then(resolve, fail),
        )
        sent.on('error', fail)
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function credentialOf({ username, password }: HttpOptions, base: URL): Readonly<Record<string, string>> {
  const user = username ?? decodeURIComponent(base.username)
  if (user === '') return {}
  const secret = password ?? decodeURIComponent(base.password)
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }
}

/** To its bound; the rest is thrown away with the connection. Rejects when the connection breaks before the end. */
async function readAnswer(answer: IncomingMessage, maxBytes: number): Promise<HttpReply> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    parts.push(part)
    if (bytes > maxBytes) break
  }
  const whole = Buffer.concat(parts)
  return {
    type: 'answered',
    status: answer.statusCode ?? 0,
    retryAfter: answer.headers['retry-after'],
    contentType: answer.headers['content-type'] ?? '',
    body: bytes > maxBytes ? whole.subarray(0, maxBytes) : whole,
    isCut: bytes > maxBytes,
  }
}
