import { expect, test } from 'vitest'
import type { KnownKey } from '#contracts/registry.ts'
import { hashKey } from './credentials.ts'
import { administratorToken, anEvent, aServer, asKey, emptyDesk, nowMs } from './http-for-tests.ts'
import type { KeyAsked } from './key-port.ts'

const aKey = (changes: Partial<KnownKey> = {}): KnownKey => ({
  ...{ id: 'key_1', tenant: 'acme', role: 'ingest', expiresMs: undefined, revokedMs: undefined },
  ...changes,
})

/** A server that knows keys by their clear text, and which of them were used. */
function aServerWith(keys: Map<string, KnownKey>) {
  const used: string[] = []
  const server = aServer({
    tenants: {
      findKey: async (hash) => [...keys].find(([clear]) => hashKey(clear) === hash)?.[1],
      tenants: async () => [{ id: 'acme', name: 'Acme' }],
    },
    keys: { hashes: async () => [...keys.keys()].map(hashKey), used: (id) => used.push(id) },
    desk: {
      ...emptyDesk,
      keys: {
        ...emptyDesk.keys,
        async revoke(id) {
          const found = [...keys].find(([, key]) => key.id === id)
          if (found === undefined) return undefined
          keys.set(found[0], { ...found[1], revokedMs: nowMs })
          return { id, revokedMs: nowMs }
        },
      },
    },
  })
  const send = (key: string) =>
    server.app.inject({
      ...{ method: 'POST', url: '/v1/events', payload: JSON.stringify(anEvent()) },
      headers: { ...asKey(key), 'content-type': 'application/json' },
    })
  return { ...server, used, send }
}

test('a key opens until it expires, and its use is noted', async () => {
  const { send, used } = aServerWith(
    new Map([
      ['good', aKey({ id: 'key_good', expiresMs: nowMs + 1 })],
      ['over', aKey({ id: 'key_over', expiresMs: nowMs })],
    ]),
  )
  expect((await send('good')).statusCode).toBe(202)
  const refused = await send('over')
  expect(refused.statusCode).toBe(401)
  expect(refused.json()).toMatchObject({ detail: expect.stringContaining('key_over has expired') })
  expect(used).toEqual(['key_good'])
})

test('a key that is revoked over HTTP is refused by this process from the next request on', async () => {
  const { app, send } = aServerWith(new Map([['mine', aKey()]]))
  expect((await send('mine')).statusCode).toBe(202)
  const revoke = (id: string) =>
    app.inject({ method: 'POST', url: `/api/keys/${id}/revoke`, headers: asKey(administratorToken), payload: '{}' })
  expect((await revoke('key_1')).json()).toEqual({ id: 'key_1', revokedMs: nowMs })
  expect((await send('mine')).statusCode).toBe(401)
  expect((await revoke('key_2')).statusCode).toBe(404)
})

test('a peer that shows many unknown keys is told when to come again; a good key beside it is not', async () => {
  const { send } = aServerWith(new Map([['good', aKey()]]))
  const answers = []
  for (let n = 0; n < 22; n++) answers.push(await send(`wrong-${n}`))
  expect(answers[0]?.statusCode).toBe(401)
  expect(answers.at(-1)?.statusCode).toBe(429)
  expect(Number(answers.at(-1)?.headers['retry-after'])).toBeGreaterThan(0)
  expect((await send('good')).statusCode).toBe(202)
})

test('while the registry does not answer, a key is neither good nor bad: its sender is told to come again', async () => {
  const findKey = () => Promise.reject(new Error('connection refused'))
  const { app } = aServer({ tenants: { findKey, tenants: async () => [] } })
  const answer = await app.inject({ method: 'GET', url: '/api/calls', headers: asKey('csk_any') })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
})

test('an end of a key is a date to come or a time from now, ten years at most', async () => {
  const made: KeyAsked[] = []
  const { app } = aServer({
    desk: {
      ...emptyDesk,
      keys: {
        ...emptyDesk.keys,
        create: async (asked) => {
          made.push(asked)
          return { id: 'key_1', key: 'csk_x' }
        },
      },
    },
  })
  const create = (expires: string) =>
    app.inject({
      ...{ method: 'POST', url: '/api/keys', headers: asKey(administratorToken) },
      payload: JSON.stringify({ tenant: 'acme', role: 'reader', label: 'x', expires }),
    })
  expect((await create('90d')).statusCode).toBe(201)
  expect((await create(new Date(nowMs + 60_000).toISOString())).statusCode).toBe(201)
  expect(made.map(({ expiresMs }) => expiresMs)).toEqual([nowMs + 90 * 86_400_000, nowMs + 60_000])
  for (const wrong of ['tomorrow', '0d', '9999d', new Date(nowMs - 1).toISOString()])
    expect((await create(wrong)).json()).toMatchObject({ status: 400, errors: [{ field: 'expires' }] })
})
