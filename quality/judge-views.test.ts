import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamDigest } from '#contracts/call-record.ts'
import { intervalMask } from '#contracts/interval-mask.ts'
import { aCall, at, calleeHears, media, poorLoss, run, silence, someLoss } from './calls-for-tests.ts'
import { judgeCall } from './judge.ts'
import { overlaid } from './spans.ts'
import { viewsOf } from './views.ts'

const classOf = (...streams: readonly StreamDigest[]) => judgeCall(aCall({ streams })).class
const sbc = { observer: 'sbc' } as const
const bad = [run(10, 50, poorLoss)]

describe('what one source says in several scopes', () => {
  test('one good second of intervals does not silence counters that were bad for forty', () => {
    const second = calleeHears([run(5, 6, media)], { scope: 'interval' })
    expect(classOf(second, calleeHears(bad, { scope: 'cumulative' }))).toBe('poor')
  })

  test('a report on the whole call counts for the time that no interval covers', () => {
    const report = calleeHears([run(0, 60, poorLoss)], { scope: 'call' })
    expect(classOf(calleeHears([run(0, 10, media)]), report)).toBe('poor')
    // With all but a second covered, the report's mean says nothing that the intervals do not know better.
    expect(classOf(calleeHears([run(0, 59, media)]), report)).toBe('good')
  })

  test('a good report on the whole call makes no share of bad time smaller', () => {
    const intervals = calleeHears([run(0, 5, poorLoss), run(5, 40, media)])
    expect(classOf(intervals)).toBe('poor')
    expect(classOf(intervals, calleeHears([run(0, 60, media)], { scope: 'call' }))).toBe('poor')
  })

  test('what neither intervals nor the report show alone is a share of both together', () => {
    const intervals = calleeHears([run(0, 3, poorLoss), run(3, 40, media)])
    const report = calleeHears([run(0, 43, poorLoss)], { scope: 'call', lastMs: at(43) })
    expect(classOf(intervals, report)).toBe('poor')
  })
})

describe('time that several samples of one view cover', () => {
  test('is as bad as the worst of them, and carried media only if all saw some', () => {
    expect(overlaid([run(0, 60, media), run(10, 20, poorLoss), run(15, 30, silence)])).toEqual([
      run(0, 10, media),
      run(10, 15, poorLoss),
      run(15, 20, poorLoss & ~media),
      run(20, 30, silence),
      run(30, 60, media),
    ])
  })

  test('stays as it is where nothing overlaps', () => {
    const runs = [run(0, 5, media), run(5, 9, poorLoss), run(20, 30, media)]
    expect(overlaid(runs)).toBe(runs)
  })

  test('covers the same time as the samples, in order and without overlap', () => {
    const piece = fc.tuple(
      fc.nat(50),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(media, silence, someLoss, poorLoss),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const runs = pieces
          .map(([from, length, mask]) => run(from, from + length, mask))
          .sort((a, b) => a[0] - b[0] || a[1] - b[1])
        const result = overlaid(runs)
        const covers = (list: typeof runs, ms: number) => list.some(([from, to]) => from <= ms && ms < to)
        for (let second = 0; second < 80; second++)
          expect(covers([...result], at(second))).toBe(covers(runs, at(second)))
        expect(result.every(([from], n) => from >= (result[n - 1]?.[1] ?? 0))).toBe(true)
      }),
    )
  })
})

describe('a clock that is off', () => {
  const findingsOf = (...streams: readonly StreamDigest[]) =>
    judgeCall(aCall({ streams })).findings.filter(({ type }) => type === 'clock_skew')

  test('hides no bad time before the start of the call', () => {
    const behind = calleeHears([run(-30, -5, poorLoss), run(-5, 30, media)], sbc)
    expect(classOf(behind)).toBe('poor')
    expect(findingsOf(behind)[0]?.text).toMatch(/30 s behind/)
  })

  test('hides no bad time after the end, where media flowed until then', () => {
    const ahead = calleeHears([run(40, 70, media), run(70, 95, poorLoss)], sbc)
    expect(classOf(ahead)).toBe('poor')
    expect(findingsOf(ahead)[0]?.text).toMatch(/35 s ahead/)
  })

  test('is not what a path shows that was torn down: loss after the end is not judged', () => {
    const torn = calleeHears([run(0, 60, media), run(60, 100, poorLoss & ~media)], sbc)
    expect(classOf(torn)).toBe('good')
    expect(findingsOf(torn)).toEqual([])
  })

  test('makes no call better by good time that is no time of the call', () => {
    const short = [run(10, 14, poorLoss), run(14, 40, media)]
    expect(classOf(calleeHears(short, sbc))).toBe('poor')
    expect(classOf(calleeHears([run(-900, -10, media), ...short], sbc))).toBe('poor')
    expect(classOf(calleeHears([...short, run(70, 900, media)], sbc))).toBe('poor')
  })
})

describe('nothing to judge by', () => {
  const blind = media | intervalMask.blind
  const unknown = { packetsReceived: undefined, packetsExpected: undefined }

  test('is unclassified, and not good: losses of unknown how many, or packets without their losses', () => {
    expect(
      judgeCall(aCall({ streams: [calleeHears([run(0, 60, intervalMask.blind)], { ...unknown, packetsLost: 900 })] })),
    ).toMatchObject({
      ...{ class: 'unclassified', unclassified: 'not_judgeable' },
    })
    expect(judgeCall(aCall({ streams: [calleeHears([run(0, 60, blind)], { packetsLost: undefined })] }))).toMatchObject(
      {
        ...{ class: 'unclassified', unclassified: 'not_judgeable' },
      },
    )
  })

  test('of one direction leaves the call without a class, unless the other was bad', () => {
    const seen = calleeHears([run(0, 60, media)])
    const far = calleeHears([run(0, 60, blind)], { legId: 'a', packetsLost: undefined })
    expect(judgeCall(aCall({ streams: [seen, far] })).unclassified).toBe('not_judgeable')
    expect(classOf(calleeHears(bad), far)).toBe('poor')
  })

  test('a count of packets beyond what any telephone sends is no evidence of more time', () => {
    expect(
      judgeCall(aCall({ streams: [calleeHears([run(0, 1, media)], { packetsReceived: 1e9 })] })).unclassified,
    ).toBe('too_short')
  })
})

describe('views of one stream', () => {
  test('of two sources are two, and the class is that of the worse', () => {
    const inside = calleeHears([run(0, 60, media)], { ...sbc, source: '/inside' })
    const outside = calleeHears(bad, { ...sbc, source: '/outside' })
    expect(viewsOf(aCall({ streams: [inside, outside] }))).toHaveLength(2)
    expect(classOf(inside, outside)).toBe('poor')
    expect(classOf(outside, inside)).toBe('poor')
  })
})

/** Good and unclassified are one: neither says that anything was wrong. */
const badnessOf = (judged: string): number => Math.max(0, ['good', 'degraded', 'poor'].indexOf(judged))

/**
 * More evidence of the same time: samples that overlap what the same source measured, views of other sources of measured
 * time, implausible times (hours outside of the call), and coarser reports.
 */
test('evidence of a time that is measured already never makes a call better', () => {
  const mask = fc.constantFrom(media, media, silence, someLoss, poorLoss, media | intervalMask.blind)
  const pieces = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), mask), { minLength: 1, maxLength: 6 })
  const scope = fc.constantFrom('interval', 'cumulative') as fc.Arbitrary<StreamDigest['scope']>
  const runsOf = (start: number, list: readonly (readonly [number, number])[]) => {
    let end = start
    return list.map(([seconds, bits]) => {
      const from = end
      end += seconds
      return run(from, end, bits)
    })
  }
  const inOrder = (runs: readonly ReturnType<typeof run>[]) => [...runs].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  fc.assert(
    fc.property(
      fc.nat(10),
      pieces,
      scope,
      pieces,
      fc.nat(40),
      fc.integer({ min: -7_200, max: 7_200 }),
      (start, first, kind, more, offset, hours) => {
        const known = runsOf(start, first)
        const endMs = known.at(-1)?.[1] ?? 0
        const inside = overlaid(
          inOrder(
            runsOf(start + (offset % 20), more).map(
              ([from, to, bits]) => [Math.min(from, endMs), Math.min(to, endMs), bits] as const,
            ),
          ).filter(([from, to]) => to > from),
        )
        const base = calleeHears(known, { ...sbc, scope: kind })
        const standing = badnessOf(classOf(base))
        const never = (...streams: readonly StreamDigest[]) =>
          expect(badnessOf(classOf(...streams))).toBeGreaterThanOrEqual(standing)
        // Of the same source and scope, over the same time.
        never({ ...base, runs: overlaid(inOrder([...known, ...inside])) })
        // In the other fine scope, by another source, and as a report on the whole call.
        if (inside.length > 0) {
          never(base, calleeHears(inside, { ...sbc, scope: kind === 'interval' ? 'cumulative' : 'interval' }))
          never(base, calleeHears(inside, { ...sbc, source: '/other' }))
        }
        never(base, calleeHears(overlaid(inOrder(runsOf(0, more))), { ...sbc, scope: 'call' }))
        // Good samples of hours that are none of the call's.
        const away = run(hours < 0 ? hours - 60 : hours + 70, hours < 0 ? hours - 40 : hours + 90, media)
        never({ ...base, runs: inOrder([...known, away]) })
      },
    ),
    { numRuns: 2_000 },
  )
})
