import { expect, test } from 'vitest'
import { announcements } from '../announce.ts'
import { aChange, now } from './backlog-for-tests.ts'
import { readAnnouncements } from './read-announcements.ts'

test('what is announced is read as it was', () => {
  const changes = [now('a'), aChange('b', { minutes: [29_000_000], worst: 2 })]
  const read = announcements(changes).map(readAnnouncements)
  expect(read.flatMap(({ changes }) => changes)).toEqual(expect.arrayContaining(changes))
  expect(read.map(({ refused }) => refused)).toEqual(read.map(() => undefined))
})

test.each([
  ['no JSON', '{', 'malformed_json'],
  ['null', 'null', 'invalid_schema'],
  ['of a newer program', '{"v":2,"changes":[]}', 'invalid_schema'],
  ['without changes', '{"v":1}', 'invalid_schema'],
])('%s: refused with its reason, and nothing is changed', (_what, value, reason) => {
  expect(readAnnouncements({ value })).toMatchObject({ changes: [], refused: { reason } })
})

test('one change that lacks something is told of, and the others are taken', () => {
  const value = JSON.stringify({ v: 1, changes: [now('a'), { ...now('b'), minutes: [-1] }, null, now('c')] })
  const { changes, refused } = readAnnouncements({ value })
  expect(changes.map(({ id }) => id)).toEqual(['a', 'c'])
  expect(refused).toEqual({
    reason: 'invalid_schema',
    detail: 'changes: 2 of 4 lack what every change has, or name a call by what is no id',
  })
})

test.each([
  ['half a character', '\ud800a'],
  ['the other half', 'a\udc00'],
  ['U+0000', 'a\u0000b'],
  ['a line end', 'a\nb'],
  ['a text', 'x'.repeat(1_000)],
  ['nothing', ''],
])('an id of an earlier version that no store takes is told of: %s', (_what, id) => {
  for (const change of [now(id), { ...now('a'), tenant: id }]) {
    const value = JSON.stringify({ v: 1, changes: [change, now('b')] })
    const { changes, refused } = readAnnouncements({ value })
    expect([changes.map(({ id }) => id), refused?.reason]).toEqual([['b'], 'invalid_schema'])
  }
})
