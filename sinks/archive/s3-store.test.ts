import { createHash } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ObjectStore } from '#contracts/archive.ts'
import { createS3Store } from './s3-store.ts'

interface Heard {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
}

let server: Server
let store: ObjectStore
let heard: Heard[] = []
let answer: (response: ServerResponse, times: number) => void

// What goes over the wire; against a real service see tests/stack/archive.test.ts.
beforeAll(async () => {
  server = createServer((request, response) => {
    heard.push({ method: request.method, path: request.url, headers: request.headers })
    request.resume().on('end', () => answer(response, heard.length))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  store = createS3Store({
    ...{ bucket: 'b', prefix: 'raw/', region: 'us-east-1', endpoint: `http://127.0.0.1:${port}` },
    ...{ accessKeyId: 'id', secretAccessKey: 'planted-secret' },
  })
})
afterAll(async () => {
  await store.close()
  server.close()
})
beforeEach(() => {
  heard = []
})

const body = Buffer.from('rows')
const sha256 = createHash('sha256').update(body).digest()
const put = () => store.put({ key: 'k/one.parquet', body, sha256: sha256.toString('hex'), dataClass: 'audit' })

const refuse = (response: ServerResponse, status: number, code: string): void => {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>about planted-secret</Message></Error>`
  response.writeHead(status, { 'content-type': 'application/xml' }).end(text)
}

test('an object is put under its path, with its checksum and its class of data as a tag', async () => {
  answer = (response) => response.writeHead(200).end()
  await put()
  expect(heard).toMatchObject([
    {
      method: 'PUT',
      path: '/b/raw/k/one.parquet?x-id=PutObject',
      headers: {
        'x-amz-tagging': 'callscope-data-class=audit',
        'x-amz-checksum-sha256': sha256.toString('base64'),
        'content-length': '4',
      },
    },
  ])
  expect(JSON.stringify(heard)).not.toContain('planted-secret')
})

test('what passes with time is tried again', async () => {
  answer = (response, times) => (times < 3 ? refuse(response, 503, 'SlowDown') : response.writeHead(200).end())
  await put()
  expect(heard.length).toBe(3)
})

test('a refusal names what was done and why, and quotes nothing', async () => {
  answer = (response) => refuse(response, 403, 'AccessDenied')
  await expect(put()).rejects.toThrow(/^the archive's put failed: AccessDenied \(403\)$/)
})

test('an object in a cold class is frozen, and said to be on its way when it is', async () => {
  let restore: Record<string, string> = {}
  answer = (response) =>
    heard.at(-1)?.method === 'HEAD'
      ? response.writeHead(200, { 'x-amz-storage-class': 'DEEP_ARCHIVE', ...restore }).end()
      : refuse(response, 403, 'InvalidObjectState')
  expect(await store.get('k')).toEqual({ type: 'frozen', storageClass: 'DEEP_ARCHIVE', restoring: false })
  restore = { 'x-amz-restore': 'ongoing-request="true"' }
  expect(await store.head('k')).toEqual({ type: 'frozen', storageClass: 'DEEP_ARCHIVE', restoring: true })
})
