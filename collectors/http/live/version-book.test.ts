import { expect, test } from 'vitest'
import { createVersionBook, defaultBookPace } from './version-book.ts'

const { lateMs, wholeAfterMs } = defaultBookPace

test('a version that comes late, below one already seen, is still asked for', () => {
  const book = createVersionBook(10)
  book.see(13, 0)
  expect(book.above).toBe(10)
  expect(book.settled(wholeAfterMs)).toEqual([13])
  expect(book.newest).toBe(13)
})

test('a version just seen is read once more: its parts are stored one after another', () => {
  const book = createVersionBook(10)
  book.see(11, 0)
  expect(book.settled(wholeAfterMs - 1)).toEqual([])
})

test('what no recompute can still be at work on is not asked for again', () => {
  const book = createVersionBook(10)
  book.see(13, 0)
  book.see(15, lateMs)
  expect(book.settled(lateMs)).toEqual([])
  expect(book.above).toBe(13)
})

test('however many versions there are, so many are kept', () => {
  const book = createVersionBook(0, { ...defaultBookPace, maxVersions: 3 })
  for (const version of [1, 2, 3, 4, 5]) book.see(version, 0)
  book.settled(1)
  expect(book.above).toBe(2)
  expect(book.settled(wholeAfterMs)).toEqual([3, 4, 5])
})
