import { expect, test } from 'vitest'
import { shardCount } from '#contracts/topics.ts'
import { accountOf, bulk, live, placeOf } from './change-topics.ts'

test('every partition of both topics has an account of its own, which leads back to it', () => {
  const places = [live, bulk].flatMap((topic) =>
    Array.from({ length: shardCount }, (_, partition) => ({ topic, partition })),
  )
  expect(places.map((place) => placeOf(accountOf(place)))).toEqual(places)
  expect(new Set(places.map(accountOf)).size).toBe(places.length)
})
