import { expect, test } from 'vitest'
import { binStart, cellAt, darkness, type Scale, summariesOf } from './heat.ts'

const scale: Scale = {
  name: 'MOS-CQEN',
  thresholdMos: 3.6,
  minutes: 10,
  belowMinutes: 4,
  heatmap: {
    bucketMs: 60_000,
    times: [0, 60_000, 120_000],
    binFrom: 1,
    binWidth: 0.1,
    minutes: [columnWith({ 25: 3, 32: 5 }), columnWith({}), columnWith({ 26: 2 })],
  },
}

function columnWith(minutes: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: 36 }, (_, bin) => minutes[bin] ?? 0)
}

test('the bin that begins at the threshold is not below it', () => {
  expect(binStart(scale.heatmap, 26)).toBe(3.6)
  expect(summariesOf(scale).map(({ belowMinutes }) => belowMinutes)).toEqual([3, 0, 0])
})

test('a stretch where nobody talked has no median', () => {
  expect(summariesOf(scale).map(({ medianMos }) => medianMos?.toFixed(2))).toEqual(['4.25', undefined, '3.65'])
})

test('a cell without talk is not painted, and little talk is seen beside much', () => {
  expect(darkness(0, 300)).toBe(0)
  expect(darkness(1, 300)).toBeGreaterThan(0.2)
  expect(darkness(300, 300)).toBeCloseTo(1)
})

test('a point names the cell that is painted there', () => {
  const room = { widthPx: 328, heightPx: 378 }
  expect(cellAt(scale, { x: 28 + 150, y: 1 }, room)).toEqual({ time: 1, bin: 35 })
  expect(cellAt(scale, { x: 0, y: 377 }, room)).toEqual({ time: 0, bin: 0 })
  expect(cellAt(scale, { x: 999, y: -5 }, room)).toEqual({ time: 2, bin: 35 })
})
