import { expect, test } from 'vitest'
import { badShare, sureShare, type WorstRow, worstFirst } from './worst-order.ts'

const aRow = (value: string, given: Partial<WorstRow>): WorstRow => ({
  value,
  calls: 100,
  bad: 0,
  poor: 0,
  unclassified: 0,
  ...given,
})

test('one bad call of one does not stand above forty of a hundred', () => {
  const rows = [aRow('one of one', { calls: 1, bad: 1 }), aRow('forty of a hundred', { bad: 40 })]
  expect(worstFirst(rows).map(({ value }) => value)).toEqual(['forty of a hundred', 'one of one'])
})

test('unclassified calls are neither good nor bad', () => {
  expect(badShare(aRow('a', { calls: 100, bad: 20, unclassified: 50 }))).toBe(0.4)
  expect(badShare(aRow('a', { calls: 5, unclassified: 5 }))).toBeUndefined()
})

test('what is sure is never more than what was seen, and nothing bad is surely nothing', () => {
  const row = aRow('a', { bad: 30 })
  expect(sureShare(row)).toBeLessThan(0.3)
  expect(sureShare(row)).toBeGreaterThan(0.2)
  expect(sureShare(aRow('a', {}))).toBe(0)
  expect(sureShare(aRow('a', { calls: 0 }))).toBe(0)
})
