import { describe, expect, test } from 'vitest'
import { acmeKey, administratorToken, anEvent, aServer, asKey } from './http-for-tests.ts'
import { createShareGate } from './share-gate.ts'

/** Shares of one tenant that has none, until it is let in. */
function shares() {
  const state = { isFull: true, asked: [] as number[], refused: [] as string[] }
  return {
    state,
    refuses(_tenant: string, { inHand }: { readonly inHand: number }) {
      state.asked.push(inHand)
      return state.isFull ? 7 : undefined
    },
    refused: (tenant: string) => void state.refused.push(tenant),
  }
}

describe('a request beyond its tenant’s share', () => {
  test('is refused after a while, with the time after which to come again', async () => {
    const full = shares()
    const gate = createShareGate(full, { waitMs: 50 })
    await expect(gate.enter('acme', 10)).rejects.toMatchObject({ status: 429, retryAfterSeconds: 7 })
    expect(full.state.refused).toEqual(['acme'])
  })

  test('goes on as soon as there is room', async () => {
    const full = shares()
    const entering = createShareGate(full, { waitMs: 60_000 }).enter('acme', 10)
    full.state.isFull = false
    await entering
    expect(full.state.refused).toEqual([])
  })

  test('does not wait beside eight others of its tenant', async () => {
    const full = shares()
    const gate = createShareGate(full, { waitMs: 60_000 })
    const waiting = Array.from({ length: 8 }, () => gate.enter('acme', 10))
    await expect(gate.enter('acme', 10)).rejects.toMatchObject({ status: 429 })
    full.state.isFull = false
    await Promise.all(waiting)
  })
})

test('what is in hand counts until it is over, once', async () => {
  const open = shares()
  open.state.isFull = false
  const gate = createShareGate(open)
  const leave = await gate.enter('acme', 10)
  await gate.enter('acme', 5)
  leave()
  leave()
  await gate.enter('acme', 1)
  expect(open.state.asked).toEqual([0, 10, 5])
})

describe('over HTTP', () => {
  const send = (server: ReturnType<typeof aServer>, token: string, url: string) =>
    server.app.inject({
      method: 'POST',
      url,
      headers: { ...asKey(token), 'content-type': 'application/json' },
      payload: JSON.stringify(anEvent()),
    })

  test('is a 429 with Retry-After that stores nothing and is counted; what is no message is no matter of shares', async () => {
    const full = shares()
    const server = aServer({ shares: full })
    const answer = await send(server, acmeKey, '/v1/events')
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '7'])
    expect(answer.json().detail).toContain('more than its share')
    expect([server.records, server.counted, full.state.refused]).toEqual([[], ['events overloaded 1'], ['acme']])
    expect((await send(server, administratorToken, '/api/sql')).statusCode).toBe(400)
  })

  test('takes in what has room, and gives it back with the answer', async () => {
    const open = shares()
    open.state.isFull = false
    const server = aServer({ shares: open })
    for (let turn = 0; turn < 2; turn++) expect((await send(server, acmeKey, '/v1/events')).statusCode).toBe(202)
    expect(open.state.asked).toEqual([0, 0])
  })
})
