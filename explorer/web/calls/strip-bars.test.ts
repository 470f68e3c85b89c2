import { expect, test } from 'vitest'
import type { Timeline } from '../api-types.ts'
import { barAt, countsOf, peakOf, spanOf } from './strip-bars.ts'
import { keyed } from './use-selection.ts'

const bar = (atMs: number, given: object = {}) => ({ atMs, good: 0, degraded: 0, poor: 0, unclassified: 0, ...given })
const timeline: Timeline = {
  fromMs: 0,
  untilMs: 290,
  bucketMs: 100,
  buckets: [bar(0, { good: 5, poor: 1 }), bar(100, { degraded: 2 }), bar(200, { good: 1, unclassified: 3 })],
}

test('a selection counts its bars, from whichever side it was dragged', () => {
  const counts = { good: 5, degraded: 2, poor: 1, unclassified: 0 }
  expect(countsOf(timeline, { from: 0, to: 1 })).toEqual(counts)
  expect(countsOf(timeline, { from: 1, to: 0 })).toEqual(counts)
})

test('the last bar ends with the range, not with its own full width', () => {
  expect(spanOf(timeline, { from: 1, to: 2 })).toEqual({ fromMs: 100, untilMs: 290 })
  expect(spanOf(timeline, { from: 0, to: 0 })).toEqual({ fromMs: 0, untilMs: 100 })
})

test('the highest bar is the sum of its classes', () => {
  expect(peakOf(timeline)).toBe(6)
})

test('places beyond the edges belong to the outer bars', () => {
  expect([-5, 0, 149, 299, 400].map((x) => barAt(x, 300, 3))).toEqual([0, 0, 1, 2, 2])
})

test('the keyboard begins at the latest bar, selects with Shift and takes with Enter', () => {
  const nothing = { at: undefined, selection: undefined }
  const first = keyed('ArrowLeft', false, nothing, 10)
  expect(first).toEqual({ at: 9, selection: undefined })
  expect(keyed('ArrowLeft', true, { at: 9, selection: undefined }, 10)).toEqual({
    at: 8,
    selection: { from: 9, to: 8 },
  })
  expect(keyed('Enter', false, { at: 9, selection: undefined }, 10)).toBe('take')
  expect(keyed('Enter', false, nothing, 10)).toBeUndefined()
  expect(keyed('Escape', false, { at: 9, selection: undefined }, 10)).toEqual(nothing)
  expect(keyed('x', false, nothing, 10)).toBeUndefined()
})
