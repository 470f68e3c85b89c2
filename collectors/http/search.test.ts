import { describe, expect, test } from 'vitest'
import { aServer, asKey, emptyCharts, emptyDesk, readerKey } from './http-for-tests.ts'

const get = (url: string) => ({ method: 'GET' as const, url })

describe('a search in a body', () => {
  const asking = () => {
    const asked: unknown[] = []
    const { app } = aServer({
      desk: {
        ...emptyDesk,
        calls: {
          ...emptyDesk.calls,
          list: (query) => {
            asked.push(query)
            return emptyDesk.calls.list(query)
          },
        },
      },
    })
    const post = (payload: object, url = '/api/calls', headers = {}) =>
      app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } })
    return { app, asked, post }
  }

  test('asks what the query string asks', async () => {
    const { app, asked, post } = asking()
    await app.inject(get('/api/calls?q=%2B49%2030&class=poor&limit=5&since=1h'))
    await post({ q: '+49 30', class: 'poor', limit: 5, since: '1h' })
    expect(asked.length).toBe(2)
    expect(asked[1]).toEqual(asked[0])
  })

  test.each([
    ['colour', { colour: 'red' }],
    ['limit', { limit: '0x10' }],
    ['limit', { limit: 1.5 }],
    ['q', { q: ['a', 'b'] }],
    ['class', { class: { $ne: '' } }],
  ])('%s is named: %j', async (field, payload) => {
    const { asked, post } = asking()
    const answer = await post(payload)
    expect([answer.statusCode, answer.json().errors[0].field, asked]).toEqual([400, field, []])
  })

  test('names no other tenant, and leaves nothing in the address', async () => {
    const { asked, post } = asking()
    expect((await post({ tenant: 'default' }, '/api/calls', asKey(readerKey))).statusCode).toBe(403)
    expect((await post({ q: 'abc' }, '/api/calls?q=abc')).statusCode).toBe(400)
    expect((await post({ q: 'x'.repeat(20_000) })).statusCode).toBe(413)
    expect(asked).toEqual([])
  })
})

test.each(['live', 'timeline', 'facets', '.', '..', 'a/b', 'trace:none', 'é'.repeat(200), 'a?b#c&d=e'])(
  'a call with the id %s is read, whole and with its samples',
  async (id) => {
    const asked: string[] = []
    const { app } = aServer({
      desk: {
        ...emptyDesk,
        calls: {
          ...emptyDesk.calls,
          whole: async (_tenant, named) => {
            asked.push(named)
            return { record: { id: named } } as never
          },
        },
      },
      charts: {
        ...emptyCharts,
        samples: async (_tenant, named) => {
          asked.push(named)
          return { streams: [], truncated: false, thresholds: {} } as never
        },
      },
    })
    for (const path of ['/api/call', '/api/call/samples'])
      expect((await app.inject(get(`${path}?${new URLSearchParams({ id })}`))).statusCode).toBe(200)
    expect(asked).toEqual([id, id])
    for (const url of ['/api/call', '/api/call?id=', '/api/call/samples'])
      expect((await app.inject(get(url))).json()).toMatchObject({ status: 400, errors: [{ field: 'id' }] })
  },
)
