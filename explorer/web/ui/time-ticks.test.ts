import { expect, test } from 'vitest'
import { timeTicks } from './time-ticks.ts'

const hourMs = 3_600_000
const midnight = new Date(2026, 0, 31).getTime()

test('ticks are round times in the viewer’s zone, and a new day is named', () => {
  const ticks = timeTicks(midnight - 2.5 * hourMs, midnight + 3 * hourMs, 6)
  expect(ticks.map(({ atMs }) => new Date(atMs).getMinutes())).toEqual(ticks.map(() => 0))
  expect(ticks.find(({ atMs }) => atMs === midnight)?.text).toContain('31')
})

test.each([0.05, 1, 24, 24 * 30, 24 * 365])('over %d hours there are not more than fit', (hours) => {
  const ticks = timeTicks(midnight, midnight + hours * hourMs, 8)
  expect(ticks.length).toBeLessThanOrEqual(9)
})
