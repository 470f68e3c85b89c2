import { describe, expect, test } from 'vitest'
import { anEvent, aServer, emptyDesk } from './http-for-tests.ts'

describe('without a credential', () => {
  const { app: closed } = aServer({ settings: { anonymous: undefined } })
  const { app: trusting } = aServer()
  const { app: demo } = aServer({ settings: { anonymous: { reads: ['acme', 'globex'], sends: false } } })

  test('nothing is open by default, whatever the address; a setting trusts this machine, the demo shows its own calls', async () => {
    const statuses = async (request: object) =>
      Promise.all([closed, trusting, demo].map(async (app) => (await app.inject(request)).statusCode))
    expect(await statuses({ url: '/api/calls' })).toEqual([401, 200, 200])
    expect(await statuses({ url: '/metrics' })).toEqual([401, 200, 200])
    expect(await statuses({ method: 'POST', url: '/v1/events', payload: anEvent() })).toEqual([401, 202, 401])
    expect(await statuses({ url: '/api/runs' })).toEqual([401, 401, 401])
    expect(await statuses({ url: '/api/calls', remoteAddress: '203.0.113.9' })).toEqual([401, 401, 401])
  })

  test.each([
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'Via',
    'CF-Connecting-IP',
    'CF-Ray',
    'True-Client-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'X-Envoy-External-Address',
    'X-Amzn-Trace-Id',
    'Fastly-Client-IP',
  ])('%s shows a proxy, and nothing is open', async (name) => {
    for (const app of [trusting, demo]) {
      for (const url of ['/api/calls', '/metrics'])
        expect((await app.inject({ url, headers: { [name]: '' } })).statusCode).toBe(401)
    }
  })

  test('another name than that of this machine shows a proxy, too', async () => {
    for (const host of ['calls.example', 'calls.example:80']) {
      expect((await trusting.inject({ url: '/api/calls', headers: { host } })).statusCode).toBe(401)
      expect((await trusting.inject({ url: '/health/live', headers: { host } })).statusCode).toBe(200)
    }
    for (const host of ['localhost', '127.0.0.1:4650', '[::1]:4650'])
      expect((await trusting.inject({ url: '/api/calls', headers: { host } })).statusCode).toBe(200)
  })

  test("the demo shows its own tenants, never one that holds somebody's calls", async () => {
    const asked: unknown[] = []
    const { app } = aServer({
      settings: { anonymous: { reads: ['acme', 'globex'], sends: false } },
      desk: {
        ...emptyDesk,
        calls: {
          ...emptyDesk.calls,
          list: (query) => {
            asked.push(query.tenant)
            return emptyDesk.calls.list(query)
          },
        },
      },
      metrics: async (_format, tenants) => {
        asked.push(tenants)
        return { contentType: 'text/plain', body: '' }
      },
    })
    for (const url of ['/api/calls', '/api/calls?tenant=acme', '/metrics']) await app.inject({ url })
    expect(asked).toEqual([['acme', 'globex'], 'acme', ['acme', 'globex']])
    expect((await app.inject({ url: '/api/calls?tenant=default' })).statusCode).toBe(403)
  })
})
