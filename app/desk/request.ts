import { createReadStream } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Upload } from '#collectors/http/ports.ts'

export interface Reply {
  readonly status: number
  readonly body: string
}

interface RequestOptions {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly json?: string | undefined
  readonly upload?: Upload['content'] | undefined
}

/** One HTTP request without a limit of time: a paced replay answers after hours, where fetch gives up after five minutes. */
export function request(url: URL, { method, headers, json, upload }: RequestOptions): Promise<Reply> {
  const type = json === undefined ? 'application/octet-stream' : 'application/json'
  const withBody = json !== undefined || upload !== undefined
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers: withBody ? { ...headers, 'content-type': type } : headers })
    sent.on('error', reject)
    sent.on('response', (response) => void read(response).then(resolve, reject))
    if (upload === undefined) sent.end(json)
    else {
      const source = 'path' in upload ? createReadStream(upload.path) : Readable.from(upload)
      // A refusal ends the upload half way; the answer says why, so the broken pipe is not the news.
      pipeline(source, sent).catch((error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
      )
    }
  })
}

async function read(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
}
