import { describe, expect, test } from 'vitest'
import { bytes, callDuration, count, duration, minutes, mos, share, timeSpan, unknownMark, utc } from './format.ts'

// Spaces within numbers are narrow or do not break, according to the language's data: here they are plain.
const plain = (text: string): string => text.replace(/[\u202f\u00a0\u2009]/g, ' ')

describe('what is unknown', () => {
  test.each([count, share, mos, callDuration, duration])('is never shown as zero', (format) => {
    expect(format(undefined)).toBe(unknownMark)
  })
  test('is also a share of nothing', () => {
    expect(share(0 / 0)).toBe(unknownMark)
  })
})

test.each([
  [0, '0%'],
  [0.0004, '0.04%'],
  [0.0213, '2.1%'],
  [0.4567, '46%'],
])('a share of %d reads %s', (ratio, expected) => {
  expect(plain(share(ratio))).toBe(expected)
})

test.each([
  [0, '0 ms'],
  [80.4, '80 ms'],
  [12_540, '12.5 sec'],
  [59_999, '1 min'],
  [200_000, '3 min 20 sec'],
  [3_725_000, '1 hr 2 min'],
  [3 * 86_400_000, '3 days'],
])('%d ms read %s', (ms, expected) => {
  expect(plain(duration(ms)).replace(/mins/g, 'min').replace(/secs/g, 'sec')).toBe(expected)
})

test.each([
  [0, '0:00'],
  [125_400, '2:05'],
  [3_723_000, '1:02:03'],
])('a call of %d ms lasted %s', (ms, expected) => {
  expect(callDuration(ms)).toBe(expected)
})

test('numbers carry their units', () => {
  expect(plain(minutes(1_204.4))).toMatch(/^1,204 mins?$/)
  expect(plain(minutes(3.25))).toMatch(/^3\.3 mins?$/)
  expect(plain(bytes(3_412_000))).toBe('3.4 MB')
  expect(plain(bytes(0))).toMatch(/^0 byte/)
})

test('every time can be had in UTC', () => {
  expect(utc(Date.parse('2026-01-31T10:00:00+02:00'))).toBe('2026-01-31 08:00:00 UTC')
})

test('a span names its day once', () => {
  const span = timeSpan(new Date(2026, 0, 31, 12, 3).getTime(), new Date(2026, 0, 31, 14, 0).getTime())
  expect(span.match(/31/g)).toHaveLength(1)
  expect(span).toContain('12:03')
})
