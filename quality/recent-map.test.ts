import { expect, test } from 'vitest'
import { createRecentMap } from './recent-map.ts'

test('of what came the latest are known, half as many as there is room for at least', () => {
  for (let count = 5; count < 50; count += 1) {
    const seen = createRecentMap<number>(10)
    for (let at = 0; at < count; at += 1) seen.set(`${at}`, at)
    const latest = [1, 2, 3, 4, 5].map((back) => count - back)
    expect(latest.map((at) => seen.get(`${at}`))).toEqual(latest)
    expect(seen.get(`${count - 11}`)).toBeUndefined()
  }
})

test('what is asked for again and again is not forgotten for what came once', () => {
  const seen = createRecentMap<string>(10)
  seen.set('asked for', 'known')
  for (let at = 0; at < 100; at += 1) {
    seen.set(`once ${at}`, '')
    expect(seen.get('asked for')).toBe('known')
  }
})
