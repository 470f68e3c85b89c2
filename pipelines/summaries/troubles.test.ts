import { expect, test } from 'vitest'
import { unavailable } from '#contracts/errors.ts'
import { createTroubles } from './troubles.ts'

const [call, other] = [
  { tenant: 'acme', id: 'a' },
  { tenant: 'acme', id: 'b' },
]
const slow = new Error('ClickHouse error 159 (TIMEOUT_EXCEEDED)')
const away = unavailable(new Error('ECONNRESET: the connection was cut'))

test('a call that fails three times while others go well is to blame', () => {
  const troubles = createTroubles()
  const told = [1, 2, 3].map(() => {
    troubles.forget([other])
    return troubles.isHopeless([call], slow)
  })
  expect(told.at(-1)).toBe(true)
})

test('a store that is away for an hour, and then comes and goes, blames nobody', () => {
  const troubles = createTroubles()
  for (let tries = 0; tries < 7_200; tries++) expect(troubles.isHopeless([call, other], away)).toBe(false)
  for (let tries = 0; tries < 10; tries++) {
    troubles.forget([other])
    expect(troubles.isHopeless([call], away)).toBe(false)
  }
})

test('a call whose computing ends the server each time anew is to blame in the end', () => {
  const troubles = createTroubles()
  const tries = Array.from({ length: 60 }, () => {
    troubles.forget([other])
    return troubles.isHopeless([call], away)
  })
  expect(tries.indexOf(true)).toBe(39)
})

test('a call alone that fails again and again is to blame in the end, though nothing else was tried', () => {
  const troubles = createTroubles()
  const tries = Array.from({ length: 30 }, () => troubles.isHopeless([call], slow))
  expect(tries.indexOf(true)).toBe(19)
})
