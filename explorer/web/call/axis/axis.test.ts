import { describe, expect, test } from 'vitest'
import { aRecord, aStream, aWhole, startMs } from '../calls-for-tests.ts'
import { rangeInAddress, withRange } from './address.ts'
import { createAxis } from './axis.ts'
import { boundsOf, homeOf } from './bounds.ts'
import { around, clamped, leastRangeMs, lengthOf, msOf, panned, pxOf, zoomed } from './range.ts'
import { ticksOf } from './ticks.ts'

const bounds = { fromMs: 0, toMs: 100_000 }

describe('the range', () => {
  test('an instant and its pixel are two names of one thing', () => {
    const range = { fromMs: 1_000, toMs: 3_000 }
    expect(pxOf(range, 2_000, 800)).toBe(400)
    expect(msOf(range, pxOf(range, 1_234, 800), 800)).toBeCloseTo(1_234)
  })

  test('zooming keeps the instant under the pointer where it is', () => {
    const before = { fromMs: 20_000, toMs: 60_000 }
    const after = zoomed(before, 0.5, 30_000, bounds)
    expect(lengthOf(after)).toBe(20_000)
    expect(pxOf(after, 30_000, 1_000)).toBeCloseTo(pxOf(before, 30_000, 1_000))
  })

  test('nobody leaves the call by panning, and the length stays', () => {
    expect(panned({ fromMs: 90_000, toMs: 95_000 }, 50_000, bounds)).toEqual({ fromMs: 95_000, toMs: 100_000 })
    expect(panned({ fromMs: 5_000, toMs: 15_000 }, -50_000, bounds)).toEqual({ fromMs: 0, toMs: 10_000 })
  })

  test('it is never longer than the call, nor too short to see anything', () => {
    expect(zoomed(bounds, 4, 50_000, bounds)).toEqual(bounds)
    expect(lengthOf(clamped({ fromMs: 500, toMs: 500 }, bounds))).toBe(leastRangeMs)
  })

  test('a moment is shown with what came before and after', () => {
    const shown = around({ fromMs: 50_000, toMs: 50_100 }, bounds)
    expect(shown.fromMs).toBeLessThan(46_000)
    expect(shown.toMs).toBeGreaterThan(54_000)
  })
})

describe('the axis', () => {
  test('a viewer of the whole call goes along when it goes on; one who zoomed in is left alone', () => {
    const longer = { fromMs: 0, toMs: 200_000 }
    const whole = createAxis({ bounds, home: bounds })
    whole.extend(longer, longer)
    expect(whole.range).toEqual(longer)
    const near = createAxis({ bounds, home: bounds, range: { fromMs: 10_000, toMs: 20_000 } })
    near.extend(longer, longer)
    expect(near.range).toEqual({ fromMs: 10_000, toMs: 20_000 })
  })

  test('what did not move is not told', () => {
    const axis = createAxis({ bounds, home: bounds })
    const changes: string[] = []
    axis.watch((change) => changes.push(change))
    axis.show(bounds)
    axis.point(undefined)
    expect(changes).toEqual([])
    axis.point(5)
    axis.show({ fromMs: 0, toMs: 50_000 })
    expect(changes).toEqual(['cursor', 'range'])
  })
})

describe('ticks', () => {
  test('stand at round times of the viewer’s clock, also where that is half an hour off', () => {
    const halfHourMs = 30 * 60_000
    const day = { fromMs: 0, toMs: 12 * 3_600_000 }
    const { atMs, stepMs } = ticksOf(day, 900, halfHourMs)
    expect(stepMs).toBe(2 * 3_600_000)
    expect(atMs.every((at) => (at + halfHourMs) % stepMs === 0)).toBe(true)
  })

  test.each([300, 1_000, 60_000, 14_400_000, 90 * 86_400_000])('leave room for their labels over %i ms', (length) => {
    const { atMs } = ticksOf({ fromMs: 1_000, toMs: 1_000 + length }, 840, 0)
    expect(atMs.length).toBeLessThanOrEqual(11)
  })
})

describe('the address', () => {
  test('keeps the zoomed range beside what is there, and forgets it for the whole call', () => {
    const zoomedIn = withRange('?tenant=acme', { fromMs: 1_000.4, toMs: 2_000.6 })
    expect(zoomedIn).toBe('?tenant=acme&from=1000&to=2001')
    expect(rangeInAddress(zoomedIn)).toEqual({ fromMs: 1_000, toMs: 2_001 })
    expect(withRange(zoomedIn, undefined)).toBe('?tenant=acme')
  })

  test.each(['?from=2&to=1', '?from=a&to=9', '?from=1', '?from=-5&to=9', '?from=1e99&to=2e99', ''])(
    'a range that makes no sense is none: %s',
    (search) => expect(rangeInAddress(search)).toBeUndefined(),
  )
})

describe('the ends of the axis', () => {
  const skewed = aRecord({ streams: [aStream({ fromMs: startMs - 600_000 })] })

  test('an observer whose clock is off does not stretch what is shown at first, and can be zoomed out to', () => {
    expect(homeOf(skewed, startMs).fromMs).toBeGreaterThan(startMs - 10_000)
    expect(boundsOf(aWhole(skewed), startMs).fromMs).toBeLessThanOrEqual(startMs - 600_000)
  })

  test('an open call reaches to now, but not for ever', () => {
    const open = aRecord({ state: 'open', endedMs: undefined, streams: [aStream({ toMs: startMs + 10_000 })] })
    expect(homeOf(open, startMs + 60_000).toMs).toBeGreaterThanOrEqual(startMs + 60_000)
    expect(homeOf(open, startMs + 86_400_000).toMs).toBeLessThan(startMs + 20_000)
  })

  test('a call of no length at all still has an axis', () => {
    const instant = aRecord({ answeredMs: undefined, endedMs: startMs, streams: [] })
    const { fromMs, toMs } = homeOf(instant, startMs)
    expect(toMs - fromMs).toBeGreaterThan(1_000)
  })
})
