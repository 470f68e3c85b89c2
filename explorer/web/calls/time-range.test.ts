import { expect, test } from 'vitest'
import { fromLocalInput, localInput, rangeKind, spanSince, timeMs } from './time-range.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')

test.each([
  ['90m', '2026-01-31T10:30:00Z'],
  ['24h', '2026-01-30T12:00:00Z'],
  ['7d', '2026-01-24T12:00:00Z'],
  ['1769860800000', '2026-01-31T12:00:00Z'],
  ['2026-01-31T13:00:00+02:00', '2026-01-31T11:00:00Z'],
])('%s is %s', (text, expected) => {
  expect(timeMs(text, nowMs)).toBe(Date.parse(expected))
})

test.each(['', 'yesterday', '12', '5w', '999999999999d'])('%o is no time', (text) => {
  expect(timeMs(text, nowMs)).toBeUndefined()
})

test('what is typed in the viewer’s zone comes back as it was typed', () => {
  expect(localInput(Date.parse(fromLocalInput('2026-01-31T10:15:30') ?? ''))).toBe('2026-01-31T10:15:30')
  expect(fromLocalInput('')).toBeUndefined()
})

test('a range is everything, a preset or two times', () => {
  expect(rangeKind({})).toBe('all')
  expect(rangeKind({ since: '24h' })).toBe('24h')
  expect(rangeKind({ since: '24h', until: '1h' })).toBe('custom')
  expect(rangeKind({ since: '13m' })).toBe('custom')
})

test('a strip is no longer than what there is to see', () => {
  const ago = (minutes: number) => spanSince(nowMs - minutes * 60_000, nowMs)
  expect([3, 15, 40, 300, 700].map(ago)).toEqual(['15m', '15m', '1h', '6h', undefined])
  expect(spanSince(undefined, nowMs)).toBeUndefined()
})
