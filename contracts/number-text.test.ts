import { expect, test } from 'vitest'
import { momentNamed, numberOf } from './number-text.ts'

test('a number is written in plain decimal digits', () => {
  const written = ['0', '5', '-5', '100', '0.5', '-0.25', '999999999999999']
  expect(written.map(numberOf)).toEqual([0, 5, -5, 100, 0.5, -0.25, 999_999_999_999_999])
})

test.each([
  ...['0x10', '0b1', '0o7', '1e2', '1E2', '5e-1', ' 5', '5 ', ' 5 ', '\t5', '5\n', '+5', '05', '00', '-0', '5.', '.5'],
  ...['', ' ', '-', 'Infinity', '-Infinity', 'NaN', '1_000', '1,000', '٥', '５', '5n', 'true', 'null', '[5]'],
  '1000000000000000',
])('%j is no number', (text) => {
  expect(numberOf(text)).toBeUndefined()
})

test('a moment is a date-time, a date, epoch milliseconds, or how long ago', () => {
  const nowMs = Date.UTC(2026, 4, 1, 12)
  const named = (text: string) => momentNamed(text, nowMs)
  expect(named('90m')).toBe(nowMs - 5_400_000)
  expect(named('2026-05-01T11:00:00Z')).toBe(nowMs - 3_600_000)
  expect(named('2026-05-01T13:00:00.000+02:00')).toBe(nowMs - 3_600_000)
  expect(named('2026-05-01')).toBe(nowMs - 43_200_000)
  expect(named(String(nowMs))).toBe(nowMs)
  for (const text of [
    '5',
    '2026',
    ' 24h',
    '24 h',
    '0x10h',
    'yesterday',
    'May 1 2026',
    '1 May',
    '2026-13-01',
    '+24h',
    '',
  ])
    expect([text, named(text)]).toEqual([text, undefined])
})
