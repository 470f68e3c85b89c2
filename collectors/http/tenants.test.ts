import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { recordHeaders } from '#contracts/pipeline.ts'
import {
  acmeKey,
  administratorToken,
  anEvent,
  aServer,
  asKey,
  emptyCharts,
  emptyDesk,
  metricsToken,
  noChanges,
  nowMs,
  readerKey,
} from './http-for-tests.ts'
import { routesOf } from './routes-for-tests.ts'

// Who may see what, route by route. A route without its line here fails the first test.

/** Nobody: no credential, from this machine. The two keys are of the tenant acme. */
type Asker = 'nobody' | 'ingest key' | 'reader key' | 'metrics token' | 'administrator'

interface Line {
  readonly who: readonly Asker[]
  /**
   * `own`: a tenant's key gets what is its tenant's, and the administrator what is of all. `all`: the administrator alone, so
   * that it crosses tenants. `none`: nothing of any tenant.
   */
  readonly of: 'own' | 'all' | 'none'
  /** What makes the route go to the data. */
  readonly ask?: { readonly query?: string; readonly payload?: object | string; readonly type?: string }
}

const everybody: readonly Asker[] = ['nobody', 'ingest key', 'reader key', 'metrics token', 'administrator']
const open: Line = { who: everybody, of: 'none' }
const page: Line = open
const reading: Line = { who: ['reader key', 'administrator'], of: 'own' }
const sending: Omit<Line, 'ask'> = { who: ['ingest key', 'administrator'], of: 'own' }
const administering: Line = { who: ['administrator'], of: 'all' }

const otlp = (signal: object) => ({ payload: signal, type: 'application/json' })
const lines: Readonly<Record<string, Line>> = {
  'POST /v1/events': { ...sending, ask: { payload: anEvent(), type: 'application/json' } },
  'POST /v1/logs': {
    ...sending,
    ask: otlp({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a' } }] }] }] }),
  },
  'POST /v1/traces': {
    ...sending,
    ask: otlp({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 's' }] }] }],
    }),
  },
  'POST /v1/getstats': {
    ...sending,
    ask: {
      type: 'application/json',
      payload: {
        correlation_id: 'call-1',
        start_id: 'p1',
        stats: [
          {
            ...{ id: 'a', type: 'inbound-rtp', kind: 'audio', ssrc: 1, timestamp: Date.UTC(2026, 4, 1, 11, 59) },
            ...{ packetsReceived: 10, packetsLost: 0, jitter: 0.01 },
          },
        ],
      },
    },
  },
  'GET /api/calls': reading,
  'GET /api/calls/timeline': reading,
  'GET /api/calls/facets': reading,
  'GET /api/calls/live': { ...reading, ask: { query: 'q=call-1' } },
  'POST /api/calls': { ...reading, ask: { payload: { q: '+49 30' }, type: 'application/json' } },
  'POST /api/calls/timeline': { ...reading, ask: { payload: { q: '+49 30' }, type: 'application/json' } },
  'POST /api/calls/live': { ...reading, ask: { payload: { q: 'call-1' }, type: 'application/json' } },
  'GET /api/call': { ...reading, ask: { query: 'id=live' } },
  'GET /api/call/samples': { ...reading, ask: { query: 'id=live' } },
  'GET /api/calls/:id': reading,
  'GET /api/calls/:id/samples': reading,
  'GET /api/now': reading,
  'GET /api/session': { who: ['reader key', 'administrator'], of: 'none' },
  'GET /metrics': { who: ['reader key', 'metrics token', 'administrator'], of: 'own' },
  'GET /api/schemas': open,
  'GET /api/schemas/:signal': open,
  'GET /api/openapi.json': open,
  'GET /health/live': open,
  'GET /health/ready': open,
  'OPTIONS *': open,
  'POST /api/sql': administering,
  'GET /api/runs': administering,
  'POST /api/import': administering,
  'POST /api/replay': administering,
  'GET /api/dead-letters': administering,
  'GET /api/dead-letters/:id': administering,
  'POST /api/dead-letters/:id/replay': administering,
  'GET /api/keys': administering,
  'POST /api/keys': administering,
  'POST /api/keys/:id/revoke': administering,
  'GET /api/profiles': administering,
  'GET /api/profiles/:version': administering,
  'POST /api/profiles': administering,
  'POST /api/links': administering,
  'GET /api/links/:id': administering,
  'GET /api/erasures': administering,
  'POST /api/erasures': administering,
  'GET /api/archive': administering,
  'GET /api/archive/plan': administering,
  'POST /api/archive/verify': administering,
  'POST /api/archive/replay': administering,
  'GET /': page,
  'GET /*': page,
  'GET /calls': page,
  'GET /calls/*': page,
  'GET /now': page,
  'GET /import': page,
  'GET /:file': page,
}

const credentials: Readonly<Record<Asker, Readonly<Record<string, string>>>> = {
  nobody: {},
  'ingest key': asKey(acmeKey),
  'reader key': asKey(readerKey),
  'metrics token': asKey(metricsToken),
  administrator: asKey(administratorToken),
}

/** A server that trusts no address, and whose data each was asked for: undefined is that of all. */
function aWatchedServer() {
  const scopes: unknown[] = []
  const saw = <Value>(scope: unknown, value: Value): Value => {
    scopes.push(scope)
    return value
  }
  const { calls } = emptyDesk
  // Charts are kept for moments: each request comes later.
  let afterMs = 0
  const { app } = aServer({
    settings: { anonymous: undefined, defaultTenantStated: true },
    clock() {
      afterMs += 10_000
      return nowMs + afterMs
    },
    log: {
      append: async (records) => void scopes.push(...records.map(({ headers }) => headers?.[recordHeaders.tenant])),
    },
    desk: {
      ...emptyDesk,
      calls: {
        list: (query) => saw(query.tenant, calls.list(query)),
        whole: (tenant, id) => saw(tenant, calls.whole(tenant, id)),
      },
    },
    charts: {
      timeline: (query) => saw(query.tenant, emptyCharts.timeline(query)),
      facets: (filter) => saw(filter.tenant, emptyCharts.facets(filter)),
      now: (tenant, window) => saw(tenant, emptyCharts.now(tenant, window)),
      samples: (tenant, id) => saw(tenant, emptyCharts.samples(tenant, id)),
    },
    changes: { ...noChanges, idsNamed: (tenant, q) => saw(tenant, noChanges.idsNamed(tenant, q)) },
    metrics: async (_format, tenants) => saw(tenants, { contentType: 'text/plain', body: '' }),
    pages: { find: () => ({ type: 'text/html', content: Buffer.from('page'), brotli: undefined, gzip: undefined }) },
  })
  return { app, scopes }
}

const shared = aWatchedServer()
afterAll(() => shared.app.close())

async function ask(route: string, as: Asker, query = '') {
  // Whoever looks at a live list waits for its next turn, unless it is the first.
  const { app, scopes: seen } = route.endsWith('/live') ? aWatchedServer() : shared
  seen.length = 0
  const [method, path = ''] = route.split(' ') as ['GET' | 'POST' | 'OPTIONS', string]
  const { ask: asked } = lines[route] ?? {}
  const all = [asked?.query, query].filter(Boolean).join('&')
  const answer = await app.inject({
    method,
    url: `${path.replaceAll(/:(\w+)|\*$/g, 'x')}${all === '' ? '' : `?${all}`}`,
    headers: {
      ...credentials[as],
      ...(asked?.type === undefined ? {} : { 'content-type': asked.type }),
    },
    ...(asked?.payload === undefined ? {} : { payload: asked.payload }),
    payloadAsStream: true,
  })
  if (route.endsWith('/live') && answer.statusCode === 200) await sleep(50)
  const stream: Readable = answer.stream()
  stream.destroy()
  return { status: answer.statusCode, scopes: [...seen] }
}

test('every route has its line, and every line its route', async () => {
  expect(await routesOf(aServer().app)).toEqual(Object.keys(lines).toSorted())
})

describe.each(Object.entries(lines))('%s', (route, { who, of }) => {
  test(`is for ${who.join(', ')}, and for no other`, async () => {
    for (const asker of everybody) {
      const { status, scopes } = await ask(route, asker)
      const refusal = asker === 'nobody' ? 401 : 403
      if (who.includes(asker)) expect([asker, status]).not.toEqual([asker, expect.toBeOneOf([401, 403])])
      else expect([asker, status, scopes]).toEqual([asker, refusal, []])
    }
  })

  if (of === 'own') {
    test('shows or stores for a key what is of its tenant, and refuses another that it names', async () => {
      const key = who.find((asker) => asker.endsWith('key')) as Asker
      const { scopes } = await ask(route, key)
      expect(scopes.length).toBeGreaterThan(0)
      expect(new Set(scopes)).toEqual(new Set(['acme']))
      if (route.startsWith('GET /api')) {
        const foreign = await ask(route, key, 'tenant=default')
        expect([foreign.status, foreign.scopes]).toEqual([403, []])
      }
    })

    test('shows or stores for the administrator what is of all, or of the default tenant', async () => {
      const { scopes } = await ask(route, 'administrator')
      expect(scopes.length).toBeGreaterThan(0)
      expect(new Set(scopes)).toEqual(new Set([route.startsWith('POST /v1/') ? 'default' : undefined]))
    })
  }
})

test('the token for metrics reads those of all tenants', async () => {
  expect((await ask('GET /metrics', 'metrics token')).scopes).toEqual([undefined])
})

test("a tenant's key names no other tenant by a header", async () => {
  for (const url of ['/metrics', '/api/calls']) {
    const answer = await shared.app.inject({ url, headers: { ...asKey(readerKey), 'callscope-tenant': 'default' } })
    expect(answer.statusCode).toBe(403)
  }
})
