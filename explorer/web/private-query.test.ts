import { expect, test } from 'vitest'
import { addressWith, mayBeSent, queryOfAddress } from './private-query.ts'

test('what is searched for stands where no server sees it, and everything else where links have it', () => {
  const address = addressWith('/', new URLSearchParams({ class: 'poor,degraded', q: '+49 30 1234', sort: 'mos' }))
  expect(address).toBe('/?class=poor,degraded&sort=mos#q=%2B49+30+1234')
  const { search, hash } = new URL(address, 'http://localhost')
  expect(new URLSearchParams(queryOfAddress(search, hash)).get('q')).toBe('+49 30 1234')
  expect(addressWith('/', new URLSearchParams(queryOfAddress(search, hash)))).toBe(address)
})

test('a link from before, with the search in its query, means the same', () => {
  const query = queryOfAddress('?q=alice&since=1h', '')
  expect(addressWith('/', new URLSearchParams(query))).toBe('/?since=1h#q=alice')
  expect(queryOfAddress('', '')).toBe('')
  expect(queryOfAddress('?a=1', '#legs')).toBe('?a=1')
})

test('a request with a search in it asks by its body', () => {
  expect([{ q: 'x' }, { q: '' }, { tenant: 'acme' }].map(mayBeSent)).toEqual([false, true, true])
})
