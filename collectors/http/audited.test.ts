import { expect, test } from 'vitest'
import type { ActDetails, ActEnd, AuditTrail, DeniedAccess } from '#contracts/audit-trail.ts'
import { acmeKey, administratorToken, anEvent, aServer, asKey, emptyDesk, readerKey } from './http-for-tests.ts'
import type { HttpParts } from './ports.ts'

type Begun = Parameters<AuditTrail['begin']>[0]

/** A server, and what its trail was given. */
function aTracedServer(changes: Partial<Omit<HttpParts, 'settings'>> = {}) {
  const begun: Begun[] = []
  const ended: (ActEnd & ActDetails)[] = []
  const denied: DeniedAccess[] = []
  const trail: AuditTrail = {
    async begin(act) {
      begun.push(act)
      return (end) => void ended.push(end)
    },
    denied: (of) => void denied.push(of),
  }
  return { ...aServer({ trail, ...changes }), begun, ended, denied }
}

const asAdministrator = asKey(administratorToken)

interface Operation {
  readonly security: readonly Record<string, unknown>[]
}

/** Every route of the OpenAPI document that opens only to the administrator's token. */
async function administerRoutes(app: ReturnType<typeof aServer>['app']) {
  const { paths } = (await app.inject({ method: 'GET', url: '/api/openapi.json' })).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => security.length > 0 && !security.some((way) => Object.keys(way).length === 0))
      .map(([method]) => ({ method: method.toUpperCase() as 'GET' | 'POST', path })),
  )
}

test('every route that only the administrator’s token opens leaves one event before the act and one after', async () => {
  const { app, begun, ended } = aTracedServer()
  const routes = await administerRoutes(app)
  expect(routes.length).toBeGreaterThan(15)
  for (const { method, path } of routes) {
    await app.inject({
      ...{ method, url: path.replace(/\{\w+\}/g, 'x'), headers: asAdministrator },
      ...(method === 'POST' ? { payload: '{}' } : {}),
    })
    const route = `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`
    expect(
      begun.map(({ action }) => action),
      route,
    ).toEqual([route])
    expect(ended, route).toHaveLength(1)
    begun.length = 0
    ended.length = 0
  }
})

test('what is not administered leaves none', async () => {
  const { app, begun } = aTracedServer()
  await app.inject({ method: 'GET', url: '/api/calls', headers: asAdministrator })
  await app.inject({ method: 'GET', url: '/health/ready' })
  expect(begun).toEqual([])
})

test('an act that cannot be noted is not done, and says so', async () => {
  let made = 0
  const create = async () => {
    made += 1
    return { id: 'key_1', key: 'csk_1' }
  }
  const trail: AuditTrail = {
    begin: () => Promise.reject(new Error('disk full')),
    denied: () => undefined,
  }
  const { app } = aServer({ trail, desk: { ...emptyDesk, keys: { ...emptyDesk.keys, create } } })
  const answer = await app.inject({
    ...{ method: 'POST', url: '/api/keys', headers: asAdministrator },
    payload: '{"tenant":"acme","role":"reader","label":"x"}',
  })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(answer.json()).toMatchObject({ detail: expect.stringContaining('audit log') })
  expect(made).toBe(0)
})

test('what was made, and for whom, is named by ids; the key itself is not', async () => {
  const { app, begun, ended } = aTracedServer()
  const payload = '{"tenant":"acme","role":"reader","label":"Ann’s phone"}'
  await app.inject({ method: 'POST', url: '/api/keys', headers: asAdministrator, payload })
  await app.inject({ method: 'POST', url: '/api/keys/key_9/revoke', headers: asAdministrator, payload: '{}' })
  expect(begun[0]).toMatchObject({ tenant: 'acme', actor: { id: 'administrator-token', peer: 'loopback' } })
  expect(ended).toMatchObject([
    { outcome: 'done', status: 201, tenant: 'acme', target: 'key_new' },
    { outcome: 'done', status: 200, target: 'key_9' },
  ])
  expect(JSON.stringify([begun, ended])).not.toMatch(/csk_|Ann|administrator-token-for-tests/)
})

test('who is erased, which call is looked at and what SQL asks for are not in the trace', async () => {
  const { app, begun, ended } = aTracedServer()
  const post = (url: string, body: object) =>
    app.inject({ method: 'POST', url, headers: asAdministrator, payload: JSON.stringify(body) })
  await post('/api/erasures', { tenant: 'acme', party: '+4930123456' })
  await app.inject({ method: 'GET', url: '/api/links/4930123456?tenant=acme', headers: asAdministrator })
  await post('/api/sql', { query: "SELECT count() FROM calls WHERE from_party = '+4930123456' -- for Ann" })
  expect(ended).toMatchObject([
    { outcome: 'done', target: '1', tenant: 'acme' },
    { outcome: 'done', tenant: 'acme' },
    { outcome: 'done', detail: 'SELECT count() FROM calls WHERE from_party = ?' },
  ])
  expect(JSON.stringify([begun, ended])).not.toMatch(/123456|Ann/)
})

test('a refused act and a failed one say which; of a refused statement nothing is kept', async () => {
  const refusal = Object.assign(new Error('no'), { statusCode: 400 })
  let error: Error = refusal
  const { app, ended } = aTracedServer({ desk: { ...emptyDesk, sql: { query: () => Promise.reject(error) } } })
  const ask = () =>
    app.inject({ method: 'POST', url: '/api/sql', headers: asAdministrator, payload: '{"query":"SELECT secret"}' })
  await ask()
  error = new Error('store away')
  await ask()
  expect(ended).toEqual([
    { outcome: 'refused', status: 400 },
    { outcome: 'failed', status: 500, detail: 'SELECT secret' },
  ])
})

test('a refused credential is noted by why, what it asked for and where it came from; the credential is not', async () => {
  const { app, denied } = aTracedServer()
  const send = (headers: Record<string, string>, remoteAddress = '203.0.113.9') =>
    app.inject({ ...{ method: 'POST', url: '/v1/events', headers, remoteAddress }, payload: JSON.stringify(anEvent()) })
  await send(asKey('csk_wrong'))
  await send({ authorization: 'Basic abc' }, '10.1.2.3')
  await send({})
  await send(asKey(readerKey), '::ffff:192.168.0.4')
  await app.inject({ method: 'GET', url: '/api/runs', headers: asKey(acmeKey) })
  expect(denied).toMatchObject([
    { denial: 'unknown_key', access: 'ingest', peer: 'public' },
    { denial: 'malformed', access: 'ingest', peer: 'private' },
    { denial: 'no_credential', access: 'ingest', peer: 'public' },
    { denial: 'not_allowed', access: 'ingest', keyId: 'key_reader', peer: 'private' },
    { denial: 'not_allowed', access: 'administer', keyId: 'key_acme', peer: 'loopback' },
  ])
  expect(JSON.stringify(denied)).not.toMatch(/csk_|203\.|192\./)
})

test('no sender may speak as callscope in the audit log', async () => {
  const { app, records } = aTracedServer()
  const forged = anEvent({
    ...{ type: 'audit.administration', source: '/callscope', correlationid: undefined },
    data: { actor_id: 'administrator-token', action: 'POST /api/keys' },
  })
  const send = (event: object) =>
    app.inject({
      ...{ method: 'POST', url: '/v1/events', headers: asKey(acmeKey) },
      payload: JSON.stringify(event),
    })
  expect((await send(forged)).json()).toMatchObject({ status: 400, errors: [{ field: 'source' }] })
  expect(records).toEqual([])
  expect((await send({ ...forged, source: '/portal' })).statusCode).toBe(202)
})
