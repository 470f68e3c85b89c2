import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { CallListItem, CallReader } from '#contracts/warehouse.ts'
import {
  administratorToken,
  aServer,
  asKey,
  emptyCharts,
  emptyDesk,
  noChanges,
  nowMs,
  readerKey,
} from './http-for-tests.ts'

const get = (url: string, headers: Record<string, string> = {}) => ({ method: 'GET' as const, url, headers })

/** Fields that a refusal names. */
async function refused(url: string): Promise<readonly string[]> {
  const answer = await aServer().app.inject(get(url))
  const problem = answer.json<{ detail: string; errors?: { field: string }[] }>()
  return [`${answer.statusCode}`, ...(problem.errors?.map(({ field }) => field) ?? [problem.detail])]
}

describe('bad parameters', () => {
  const lists = ['/api/calls', '/api/calls/timeline', '/api/calls/live']

  test.each([
    ['colour', 'colour=red'],
    ['since', 'since=yesterday'],
    ['until', 'until='],
    ['class', 'class=poor,awful'],
    ['class', 'class=poor&class=good'],
    ['state', 'state=gone'],
    ['disposition', 'disposition=maybe'],
    ['q', 'q=ab'],
    ['q', 'q=%20%20ab%20'],
    ['carrier', 'carrier='],
  ])('%s is named: ?%s', async (field, query) => {
    for (const path of lists) expect([path, ...(await refused(`${path}?${query}`))]).toEqual([path, '400', field])
  })

  test.each([
    ['limit', '/api/calls?limit=0'],
    ['limit', '/api/calls/live?limit=5'],
    ['limit', '/api/calls?limit=0x10'],
    ['limit', '/api/calls?limit=1e2'],
    ['limit', '/api/calls?limit=%205%20'],
    ['limit', '/api/calls?limit=%2B5'],
    ['limit', '/api/calls?limit=05'],
    ['limit', '/api/calls?limit='],
    ['limit', '/api/calls?limit=5&limit=6'],
    ['buckets', '/api/calls/timeline?buckets=1e2'],
    ['minutes', '/api/now?minutes=0x10'],
    ['since', '/api/calls?since=5'],
    ['until', '/api/calls?until=May%201%202026'],
    ['only', '/api/calls/live?only=calls'],
    ['sort', '/api/calls?sort=loudness'],
    ['order', '/api/calls?order=up'],
    ['buckets', '/api/calls/timeline?buckets=0'],
    ['buckets', '/api/calls/timeline?buckets=501'],
    ['until', '/api/calls/timeline?since=1h&until=2h'],
    ['class', '/api/calls/facets?class=poor'],
    ['minutes', '/api/now?minutes=9999'],
    ['minutes', '/api/now?minutes=4'],
    ['tenant', '/api/calls/c1/samples?tenant='],
    ['zoom', '/api/calls/c1/samples?zoom=1'],
  ])('%s is named: %s', async (field, url) => {
    expect(await refused(url)).toEqual(['400', field])
  })

  test('an address that cannot be read is refused as everything is', async () => {
    const answer = await aServer().app.inject(get('/api/calls/%E0%A4%A'))
    expect(answer.json()).toMatchObject({ status: 400, title: 'Bad request' })
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringContaining('application/problem+json'),
      'x-content-type-options': 'nosniff',
    })
  })

  test('a Last-Event-ID that is none of ours is refused', async () => {
    const answer = await aServer().app.inject(get('/api/calls/live', { 'last-event-id': 'x' }))
    expect(answer.json()).toMatchObject({ status: 400, detail: expect.stringMatching(/^Last-Event-ID/) })
  })
})

describe('who asks', () => {
  const session = async (headers: Record<string, string> = {}, settings = {}) =>
    (await aServer({ settings }).app.inject(get('/api/session', headers))).json()

  test('a session says who one is, and whether one may import', async () => {
    expect(await session()).toMatchObject({ role: 'reader', tenant: 'default', mayImport: false, demo: false })
    expect(await session(asKey(readerKey))).toMatchObject({ role: 'reader', tenant: 'acme', mayImport: false })
    const all = await session(asKey(administratorToken))
    expect(all).toMatchObject({ role: 'administrator', mayImport: true })
    expect(all).not.toHaveProperty('tenant')
  })

  test('where this machine is trusted with all, it reads all, and administers nothing', async () => {
    const settings = { anonymous: { reads: undefined, sends: true } }
    expect(await session({}, settings)).not.toHaveProperty('tenant')
    const asked: unknown[] = []
    const calls: CallReader = {
      ...emptyDesk.calls,
      async list(query) {
        asked.push(query.tenant)
        return emptyDesk.calls.list(query)
      },
    }
    const { app } = aServer({ settings, desk: { ...emptyDesk, calls } })
    await app.inject(get('/api/calls'))
    await app.inject(get('/api/calls?tenant=acme'))
    expect(asked).toEqual([undefined, 'acme'])
    expect((await app.inject({ method: 'POST', url: '/api/import?name=x' })).statusCode).toBe(401)
    expect((await app.inject({ ...get('/api/calls'), remoteAddress: '203.0.113.9' })).statusCode).toBe(401)
    expect((await app.inject(get('/api/calls', { 'x-forwarded-for': '203.0.113.9' }))).statusCode).toBe(401)
  })

  test("a reader's charts are of its own tenant", async () => {
    const asked: unknown[] = []
    const { app } = aServer({
      charts: {
        async timeline(query) {
          asked.push(query.tenant)
          return emptyCharts.timeline(query)
        },
        async facets(filter) {
          asked.push(filter.tenant)
          return emptyCharts.facets(filter)
        },
        async now(tenant, window) {
          asked.push(tenant)
          return emptyCharts.now(tenant, window)
        },
        async samples(tenant) {
          asked.push(tenant)
          return undefined
        },
      },
    })
    const urls = ['/api/calls/timeline', '/api/calls/facets', '/api/now', '/api/calls/c1/samples']
    for (const url of urls) await app.inject(get(url, asKey(readerKey)))
    expect(asked).toEqual(['acme', 'acme', 'acme', 'acme'])
    for (const url of [...urls, '/api/calls/live'])
      expect((await app.inject(get(`${url}?tenant=globex`, asKey(readerKey)))).statusCode).toBe(403)
  })
})

test('a chart is drawn once for all of a tenant who look at it, and for no other', async () => {
  const asked: unknown[] = []
  const facets = async (filter: { tenant?: string }) => {
    asked.push(filter.tenant)
    return emptyCharts.facets(filter)
  }
  const { app } = aServer({ charts: { ...emptyCharts, facets } })
  const urls = ['/api/calls/facets?since=24h', '/api/calls/facets?since=24h', '/api/calls/facets?since=7d']
  for (const url of urls) await app.inject(get(url, asKey(readerKey)))
  expect(asked).toEqual(['acme', 'acme'])
  await app.inject(get(urls[0] ?? ''))
  await app.inject(get(urls[0] ?? '', asKey(administratorToken)))
  expect(asked).toEqual(['acme', 'acme', 'default', undefined])
})

test('more charts than can be drawn soon are refused, and told when to come again', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const { app } = aServer({ charts: { ...emptyCharts, samples: () => promise } })
  const waiting = Array.from({ length: 30 }, (_, n) => app.inject(get(`/api/calls/c${n}/samples`)))
  for (const each of waiting) void each.then(() => undefined)
  const refused = await app.inject(get('/api/now'))
  expect(refused.statusCode).toBe(503)
  expect(refused.headers['retry-after']).toBe('2')
  expect(refused.headers['content-type']).toContain('application/problem+json')
  resolve(undefined)
  expect(new Set((await Promise.all(waiting)).map(({ statusCode }) => statusCode))).toEqual(new Set([404]))
})

test('a list is complete until the watermark, whatever its calls were judged at', async () => {
  const page = { calls: [], nextCursor: undefined, completeUntilMs: 1 }
  const { app } = aServer({ desk: { ...emptyDesk, calls: { ...emptyDesk.calls, list: async () => page } } })
  expect((await app.inject(get('/api/calls'))).json()).toEqual({ calls: [], completeUntilMs: nowMs - 60_000 })
})

test('without since, a timeline is of the day before its end', async () => {
  const answer = (await aServer().app.inject(get('/api/calls/timeline'))).json()
  expect(answer).toMatchObject({ fromMs: nowMs - 86_400_000, untilMs: nowMs, completeUntilMs: nowMs - 60_000 })
})

describe('a live list over a socket', () => {
  const item = { tenant: 'acme', id: 'c1', version: 1, startedMs: 1, class: 'poor', findings: [], reasons: [] }
  const changes: CallChanges = {
    ...noChanges,
    newest: async () => 1,
    changed: async () => [{ item: item as unknown as CallListItem, members: ['c1'], deleted: false }],
  }

  async function listening(parts: Parameters<typeof aServer>[0]) {
    const { app } = aServer(parts)
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { app, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/calls/live` }
  }

  async function upToTick(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder()
    let text = ''
    while (!/event: tick\n.*\n\n$/s.test(text)) text += decoder.decode((await reader.read()).value)
    return text
  }

  test('with only=ticks says that the server is there, and nothing of calls', async () => {
    const { app, url } = await listening({ changes })
    const answer = await fetch(`${url}?only=ticks`, { headers: asKey(readerKey) })
    const text = await upToTick((answer.body as ReadableStream<Uint8Array>).getReader())
    expect(text).toMatch(/^retry: 2000\n\nevent: tick\ndata: \{"nowMs":\d+,"completeUntilMs":\d+\}\n\n$/)
    await app.close()
  })

  test('tells what changed, and ends when the server stops', async () => {
    const { app, url } = await listening({ changes })
    const answer = await fetch(url, { headers: asKey(readerKey) })
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
    const text = await upToTick(reader)
    expect(text).toMatch(/^retry: 2000\n\nevent: calls\nid: 1\ndata: \{"calls":\[\{"tenant":"acme","id":"c1"/)
    const closing = app.close()
    for (;;) if ((await reader.read()).done) break
    await closing
  })

  test('has no HEAD, which would wait for its end', async () => {
    const { app, url } = await listening({ changes })
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404)
    await app.close()
  })
})

test('what the page asks for is described with its query and its answer', async () => {
  const document = (await aServer().app.inject(get('/api/openapi.json'))).json<{
    paths: Record<
      string,
      {
        get: { parameters: { name: string }[]; responses: { '2XX': { content: Record<string, { schema?: object }> } } }
      }
    >
  }>()
  for (const path of [
    '/api/calls',
    '/api/calls/timeline',
    '/api/calls/facets',
    '/api/calls/live',
    '/api/now',
    '/api/session',
    '/api/calls/{id}/samples',
    '/api/calls/{id}',
  ]) {
    const [content] = Object.values(document.paths[path]?.get.responses['2XX'].content ?? {})
    expect([path, Object.keys(content?.schema ?? {})]).toEqual([path, expect.arrayContaining(['type', 'properties'])])
  }
  const names = document.paths['/api/calls']?.get.parameters.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['class', 'q', 'sort', 'order', 'finding', 'fault', 'cursor']))
  expect(Object.keys(document.paths['/api/calls/live']?.get.responses['2XX'].content ?? {})).toEqual([
    'text/event-stream',
  ])
})
