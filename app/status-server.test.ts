import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExposeMetrics } from '#collectors/http/ports.ts'
import { configSchema } from './config-schema.ts'
import { startStatusServer, statusEndpoints } from './status-server.ts'

const token = 'token-of-prometheus'
const administratorToken = 'token-of-the-administrator'
const readiness = async () => ({ ready: true, checks: {} })
const metrics: ExposeMetrics = async (_format, tenants) => ({
  contentType: 'text/plain',
  body: tenants === undefined ? 'all\n' : 'some\n',
})

/** Every route of the port, and what it is without a credential: a route without its line here fails the test. */
const lines: Readonly<Record<string, number>> = {
  'GET /health/live': 200,
  'GET /health/ready': 200,
  'GET /metrics': 401,
}

const start = (settings: object = {}) => {
  const config = { ...configSchema.parse({ metrics: { token, ...settings } }), port: 0 }
  return startStatusServer({ config, readiness, metrics, administratorToken })
}
const closing: (() => Promise<unknown>)[] = []
let closed: string
let open: string
beforeAll(async () => {
  const servers = [await start(), await start({ openStatusPort: true })]
  closing.push(...servers.map((server) => server.close))
  ;[closed, open] = servers.map(({ port }) => `http://127.0.0.1:${port}`) as [string, string]
})
afterAll(() => Promise.all(closing.map((close) => close())))

const status = async (url: string, authorization?: string): Promise<number> =>
  (await fetch(url, authorization === undefined ? {} : { headers: { authorization } })).status

describe('a port for supervisors and Prometheus', () => {
  test('has a line here for each of its routes', () => {
    const config = { ...configSchema.parse({}), port: 0 }
    const routes = statusEndpoints({ config, readiness }).map(({ method, path }) => `${method} ${path}`)
    expect(routes.toSorted()).toEqual(Object.keys(lines).toSorted())
  })

  test.each(Object.entries(lines))(
    '%s without a credential, or with one that is not the operator’s: %i',
    async (route, expected) => {
      const url = `${closed}${route.split(' ')[1]}`
      for (const shown of [undefined, 'Bearer csk_of_a_tenant', 'Bearer ', `Basic ${token}`, `Bearer ${token}x`])
        expect([shown, await status(url, shown)]).toEqual([shown, expected])
    },
  )

  test('shows the figures of all tenants to the operator, also from this machine to nobody else', async () => {
    for (const shown of [token, administratorToken]) {
      const answer = await fetch(`${closed}/metrics`, { headers: { authorization: `Bearer ${shown}` } })
      expect([answer.status, await answer.text()]).toEqual([200, 'all\n'])
    }
    const refused = await fetch(`${closed}/metrics`)
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(await refused.json()).toMatchObject({ status: 401, detail: expect.stringMatching(/metrics\.token/) })
  })

  test('asks for nothing where a setting says that Prometheus alone reaches it', async () => {
    expect(await (await fetch(`${open}/metrics`)).text()).toBe('all\n')
  })
})
