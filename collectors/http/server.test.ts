import { request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import type { CallQuery } from '#contracts/warehouse.ts'
import { acmeKey, administratorToken, anEvent, aServer, asKey, emptyDesk, readerKey } from './http-for-tests.ts'
import type { Upload } from './ports.ts'

const get = (url: string, headers: Record<string, string> = {}) => ({ method: 'GET' as const, url, headers })

test('a foreign Host or Origin is refused; our own and the configured ones are not', async () => {
  const { app } = aServer()
  const status = async (headers: Record<string, string>) => (await app.inject(get('/health/live', headers))).statusCode
  expect(await status({ host: 'evil.example' })).toBe(421)
  expect(await status({ host: '127.0.0.1.evil.example:4650' })).toBe(421)
  expect(await status({ host: 'localhost:4650' })).toBe(200)
  expect(await status({ host: '[::1]:4650' })).toBe(200)
  expect(await status({ host: 'calls.example' })).toBe(200)
  expect(await status({ host: 'localhost:4650', origin: 'https://evil.example' })).toBe(403)
  expect(await status({ host: 'localhost:4650', origin: 'null' })).toBe(403)
  expect(await status({ host: 'localhost:4650', origin: 'http://localhost:4651' })).toBe(403)
  expect(await status({ host: 'localhost:4650', origin: 'http://localhost:4650' })).toBe(200)
  expect(await status({ host: 'localhost:4650', origin: 'https://grafana.example' })).toBe(200)
})

test('a page of another site is refused by what the browser says of it; a link that a person follows is not', async () => {
  const { app } = aServer()
  const status = async (headers: Record<string, string>, url = '/api/session', method: 'GET' | 'POST' = 'GET') =>
    (await app.inject({ method, url, headers })).statusCode
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  for (const site of ['cross-site', 'same-site']) {
    const from = { 'sec-fetch-site': site }
    expect(await status(from)).toBe(403)
    expect(await status({ ...from, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' })).toBe(403)
    expect(await status({ ...from, ...link, 'sec-fetch-dest': 'iframe' })).toBe(403)
    expect(await status({ ...from, ...link }, '/v1/events', 'POST')).toBe(403)
    expect(await status({ ...from, ...link }, '/health/live')).toBe(200)
    expect(await status({ ...from, origin: 'https://grafana.example' })).toBe(200)
    expect(await status({ ...from, origin: 'http://localhost:80' })).toBe(403)
  }
  for (const site of ['same-origin', 'none']) expect(await status({ 'sec-fetch-site': site })).toBe(200)
})

/** A request as its bytes have it: clients that send it like this are no browsers. Answers with the status. */
async function raw(port: number, text: string): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
}

test('a request names this server once: not by two Hosts, and not by an address that differs from its Host', async () => {
  const { app } = aServer()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const status = (line: string, ...headers: string[]) =>
    raw(port, `${line} HTTP/1.1\r\n${headers.map((header) => `${header}\r\n`).join('')}Connection: close\r\n\r\n`)
  const [own, foreign] = [`Host: 127.0.0.1:${port}`, 'Host: evil.example']
  expect(await status('GET /health/live', own)).toBe(200)
  expect(await status('GET /health/live', own, own)).toBe(400)
  expect(await status('GET /health/live', own, foreign)).toBe(400)
  expect(await status('GET /health/live', own, foreign.toUpperCase())).toBe(400)
  expect(await status('GET /health/live')).toBe(400)
  expect(await status('GET /health/live', 'Host:')).toBe(421)
  expect(await status(`GET http://127.0.0.1:${port}/health/live`, own)).toBe(200)
  expect(await status('GET http://evil.example/health/live', own)).toBe(400)
  expect(await status('GET http://evil.example/health/live', foreign)).toBe(421)
  expect(await status(`GET http://user@127.0.0.1:${port}/health/live`, own)).toBe(400)
  expect(await status('GET ftp://127.0.0.1/health/live', own)).toBe(400)
  await app.close()
})

test('the guards stand before routes that do not exist, too', async () => {
  const { app } = aServer()
  expect((await app.inject(get('/nothing', { host: 'evil.example' }))).statusCode).toBe(421)
  expect((await app.inject(get('/nothing'))).json()).toMatchObject({ status: 404, title: 'Not found' })
})

test('without a credential, a machine that is trusted reads the default tenant and administers nothing', async () => {
  const asked: CallQuery[] = []
  const { app } = aServer({
    desk: {
      ...emptyDesk,
      calls: {
        ...emptyDesk.calls,
        list: (filter) => {
          asked.push(filter)
          return emptyDesk.calls.list(filter)
        },
      },
    },
  })
  expect((await app.inject(get('/api/calls?since=24h&class=poor'))).statusCode).toBe(200)
  expect(asked).toEqual([
    {
      tenant: 'default',
      class: ['poor'],
      limit: 50,
      sort: 'started',
      order: 'desc',
      sinceMs: Date.UTC(2026, 3, 30, 12),
    },
  ])
  expect((await app.inject(get('/api/calls?tenant=acme'))).statusCode).toBe(403)
  for (const url of ['/api/runs', '/api/dead-letters']) expect((await app.inject(get(url))).statusCode).toBe(401)
  for (const url of [
    '/api/sql',
    '/api/import?name=x',
    '/api/replay?name=x',
    '/api/dead-letters/1/replay',
    '/api/keys',
  ]) {
    expect((await app.inject({ method: 'POST', url, payload: '{}' })).statusCode).toBe(401)
    expect((await app.inject({ method: 'POST', url, payload: '{}', headers: asKey(acmeKey) })).statusCode).toBe(403)
  }
})

test('what comes through a proxy or from another machine needs a credential, also where this machine is trusted', async () => {
  const { app } = aServer()
  expect((await app.inject(get('/api/calls', { 'x-forwarded-for': '203.0.113.9' }))).statusCode).toBe(401)
  expect((await app.inject({ ...get('/api/calls'), remoteAddress: '203.0.113.9' })).statusCode).toBe(401)
  expect((await app.inject({ ...get('/metrics'), remoteAddress: '203.0.113.9' })).statusCode).toBe(401)
  expect((await app.inject({ ...get('/metrics', asKey(readerKey)), remoteAddress: '203.0.113.9' })).statusCode).toBe(
    200,
  )
  expect((await app.inject({ ...get('/health/ready'), remoteAddress: '203.0.113.9' })).statusCode).toBe(200)
})

test('the administrator reads all tenants, or one by name', async () => {
  const tenants: unknown[] = []
  const { app } = aServer({
    desk: {
      ...emptyDesk,
      calls: {
        ...emptyDesk.calls,
        list: (filter) => {
          tenants.push(filter.tenant)
          return emptyDesk.calls.list(filter)
        },
      },
    },
  })
  await app.inject(get('/api/calls', asKey(administratorToken)))
  await app.inject(get('/api/calls?tenant=acme', asKey(administratorToken)))
  await app.inject(get('/api/calls', asKey(readerKey)))
  expect(tenants).toEqual([undefined, 'acme', 'acme'])
})

test('a wrong query names the parameter', async () => {
  const { app } = aServer()
  const answer = await app.inject(get('/api/calls?limit=100000&since=yesterday&colour=red'))
  expect(answer.statusCode).toBe(400)
  expect(
    answer
      .json<{ errors: { field: string }[] }>()
      .errors.map(({ field }) => field)
      .sort(),
  ).toEqual(['colour', 'limit', 'since'])
})

test('uploads are streamed and bounded', async () => {
  let seen = 0
  const importFile = async ({ content }: Upload) => {
    if ('path' in content) throw new Error('an upload never names a path')
    for await (const chunk of content) seen += chunk.length
    return { run: 'r1', counts: { calls: 1 }, refused: [], notes: [] }
  }
  const { app } = aServer({ desk: { ...emptyDesk, jobs: { ...emptyDesk.jobs, importFile } } })
  const upload = (size: number) =>
    app.inject({
      method: 'POST',
      url: '/api/import?name=dump.jsonl',
      headers: { ...asKey(administratorToken), 'content-type': 'application/octet-stream' },
      payload: Buffer.alloc(size),
    })
  expect((await upload(500_000)).json()).toMatchObject({ run: 'r1' })
  expect(seen).toBe(500_000)
  expect((await upload(2_000_000)).statusCode).toBe(413)
})

test('an expected refusal of the desk is told; our own faults are not', async () => {
  const refusal = Object.assign(new Error('only SELECT is allowed'), { statusCode: 400 })
  const sql = (query: () => Promise<never>) =>
    aServer({ desk: { ...emptyDesk, sql: { query } } }).app.inject({
      method: 'POST',
      url: '/api/sql',
      headers: asKey(administratorToken),
      payload: '{"query":"DROP TABLE x"}',
    })
  expect((await sql(() => Promise.reject(refusal))).json()).toMatchObject({
    status: 400,
    detail: 'only SELECT is allowed',
  })
  const fault = await sql(() => Promise.reject(new Error('stack of secrets')))
  expect(fault.statusCode).toBe(500)
  expect(fault.body).not.toMatch(/secrets/)
})

test('metrics follow the Accept header', async () => {
  const { app } = aServer()
  expect((await app.inject(get('/metrics'))).headers['content-type']).toBe('text/plain')
  expect(
    (await app.inject(get('/metrics', { accept: 'application/openmetrics-text; version=1.0.0' }))).headers[
      'content-type'
    ],
  ).toBe('application/openmetrics-text')
})

test('the OpenAPI document describes every route, and every signal has a schema', async () => {
  const { app } = aServer()
  const document = (await app.inject(get('/api/openapi.json'))).json<{
    openapi: string
    paths: Record<string, object>
  }>()
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/v1/events',
      '/v1/logs',
      '/v1/traces',
      '/api/calls/{id}',
      '/api/sql',
      '/metrics',
      '/health/ready',
    ]),
  )
  const { schemas } = (await app.inject(get('/api/schemas'))).json<{ schemas: string[] }>()
  for (const signal of schemas)
    expect((await app.inject(get(`/api/schemas/${signal}`))).json()).toMatchObject({ title: signal })
  expect((await app.inject(get('/api/schemas/constructor'))).statusCode).toBe(404)
})

test('over a real socket: secure headers, and a foreign Host is refused', async () => {
  const { app } = aServer()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(anEvent()),
  })
  expect(answer.status).toBe(202)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'/)
  const status = await new Promise((resolve) =>
    request({ port, path: '/health/live', headers: { host: 'evil.example' } }, ({ statusCode }) =>
      resolve(statusCode),
    ).end(),
  )
  expect(status).toBe(421)
  await app.close()
})
