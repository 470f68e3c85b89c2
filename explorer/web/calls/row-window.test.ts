import { expect, test } from 'vitest'
import { atTop, rowWindow, scrollToRow } from './row-window.ts'

const sight = { scrolledPx: 0, viewportPx: 720, rowPx: 36, rows: 10_000 }

test('at the top, what can be seen and some more is drawn', () => {
  expect(rowWindow(sight)).toEqual({ first: 0, last: 32 })
})

test('in the middle of ten thousand, under fifty rows are drawn, with what can be seen among them', () => {
  const { first, last } = rowWindow({ ...sight, scrolledPx: 5_000 * 36 })
  expect(first).toBeLessThanOrEqual(5_000 - 12)
  expect(last).toBeGreaterThanOrEqual(5_020 + 12)
  expect(last - first).toBeLessThan(50)
})

test('at the end nothing beyond the last row is drawn', () => {
  expect(rowWindow({ ...sight, scrolledPx: 10_000 * 36 - 720 }).last).toBe(10_000)
  expect(rowWindow({ ...sight, rows: 3 })).toEqual({ first: 0, last: 3 })
  expect(rowWindow({ ...sight, rows: 0 })).toEqual({ first: 0, last: 0 })
})

test('a few pixels of scrolling ask for the same rows', () => {
  const at = (scrolledPx: number) => rowWindow({ ...sight, scrolledPx })
  expect(at(36_030)).toEqual(at(36_010))
})

test('a list that is still below the fold draws its first rows', () => {
  expect(rowWindow({ ...sight, scrolledPx: -700 })).toEqual({ first: 0, last: 16 })
})

test('the top is where the first row can be seen', () => {
  expect(atTop({ scrolledPx: -300, rowPx: 36 })).toBe(true)
  expect(atTop({ scrolledPx: 10, rowPx: 36 })).toBe(true)
  expect(atTop({ scrolledPx: 40, rowPx: 36 })).toBe(false)
})

test('a row under the sticky head, or below the screen, is scrolled into sight and no further', () => {
  const scrolled = { ...sight, scrolledPx: 3_600 }
  expect(scrollToRow(105, scrolled, 80)).toBe(0)
  expect(scrollToRow(100, scrolled, 80)).toBe(-80)
  expect(scrollToRow(120, scrolled, 80)).toBe(36)
})
