import { describe, expect, test } from 'vitest'
import { readProblem, withQuery } from './api.ts'
import { waitBeforeMs } from './live.ts'
import { callAddress, routeOf } from './router.ts'
import { linkOf } from './shell/connection.tsx'

describe('what the server says went wrong', () => {
  test('is shown in its words, with the fields it names', () => {
    const errors = [{ field: 'since', fix: 'must be a time' }]
    const problem = readProblem(400, 'Bad Request', { title: 'Bad request', detail: 'since: must be a time', errors })
    expect(problem).toMatchObject({ status: 400, message: 'since: must be a time', errors })
  })

  test.each([undefined, null, 'a page of a proxy', { detail: 7, errors: 'no' }, { errors: [null, 1] }])(
    'is the status when it says %o',
    (said) => {
      expect(readProblem(502, 'Bad Gateway', said)).toMatchObject({ message: 'Bad Gateway', errors: [] })
    },
  )
})

test('what is not given is not asked', () => {
  expect(withQuery('/api/calls', { tenant: undefined, q: 'a&b', limit: 5 })).toBe('/api/calls?q=a%26b&limit=5')
  expect(withQuery('/api/calls', {})).toBe('/api/calls')
})

describe('addresses', () => {
  test('of a call lead back to it, whatever its id is made of', () => {
    for (const id of ['a/b?c#d', '%', 'звонок', '<img>']) {
      const url = new URL(callAddress({ id, tenant: 'acme & co' }), 'http://here')
      expect(routeOf({ path: url.pathname, query: url.search })).toEqual({ type: 'call', id, tenant: 'acme & co' })
    }
  })

  test.each([
    ['/', 'calls'],
    ['/now', 'now'],
    ['/import', 'import'],
    ['/calls/%E0%A4%A', 'call'],
    ['/elsewhere', 'unknown'],
  ])('%s is %s', (path, type) => {
    expect(routeOf({ path, query: '' }).type).toBe(type)
  })
})

describe('a connection that was cut', () => {
  test('is tried again soon, then seldom, and not by everybody at once', () => {
    expect([1, 2, 3, 10, 1_000].map((attempt) => waitBeforeMs(attempt, 0))).toEqual([500, 1_000, 2_000, 15_000, 15_000])
    expect(waitBeforeMs(1, 0.99)).toBeGreaterThan(waitBeforeMs(1, 0))
  })

  test('is no alarm at first, and gone after eight seconds', () => {
    const lost = { type: 'lost', sinceMs: 1_000, tries: 1 } as const
    expect(linkOf(lost, 3_000)).toEqual({ type: 'lost' })
    expect(linkOf(lost, 9_000)).toEqual({ type: 'gone', sinceMs: 1_000 })
    expect(linkOf({ type: 'live' }, 9_000)).toEqual({ type: 'live' })
  })
})
