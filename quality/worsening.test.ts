import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aCall, at, calleeHears, callerHears, media, poorLoss, run, silence, someLoss } from './calls-for-tests.ts'
import { worstOf } from './interval-thresholds.ts'
import { defaultProfile } from './profile.ts'
import { judgeRuns } from './summarize-stream.ts'
import { worseAfterMs } from './worsening.ts'

const open = { asOfMs: at(9_999), endedMs: undefined }

describe('how much more bad time a call bears before its class changes', () => {
  test('a tenth of what was measured, less what was bad already, counted with the bad time itself', () => {
    const heard = [run(0, 85, media), run(85, 90, poorLoss), run(90, 95, media)]
    const room = worseAfterMs(aCall({ ...open, streams: [callerHears(heard)] }), 'good')
    // 5 of 95 s are bad; with x more, (5 + x) / (95 + x) = 0.1.
    expect(room).toBe(5_000)
  })

  test('in a long call, what is missing to one stretch of ten seconds', () => {
    const hour = [run(0, 3_600, media)]
    const fresh = worseAfterMs(aCall({ ...open, streams: [callerHears(hour)] }), 'good')
    expect(fresh).toBe(10_000)
    const begun = [...hour, run(3_600, 3_605, poorLoss)]
    // The stretch may go on after a hole of up to two seconds.
    expect(worseAfterMs(aCall({ ...open, streams: [callerHears(begun)] }), 'good')).toBe(3_000)
  })

  test('of a degraded call only poor time counts, and a poor one cannot become worse', () => {
    const streams = [callerHears([run(0, 3_600, media), run(3_600, 3_611, someLoss)])]
    expect(worseAfterMs(aCall({ ...open, streams }), 'degraded')).toBe(10_000)
    expect(worseAfterMs(aCall({ ...open, streams }), 'poor')).toBe(Number.POSITIVE_INFINITY)
  })

  test('the stream nearest to its limit decides; one that measured nothing has no part in it', () => {
    const streams = [
      callerHears([run(0, 3_600, media)]),
      calleeHears([run(0, 9, media)]),
      callerHears([], { legId: 'c' }),
    ]
    expect(worseAfterMs(aCall({ ...open, streams }), 'good')).toBe(1_000)
  })

  test('less bad time than that never makes a stream worse than its call', () => {
    const aRun = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom(media, silence, someLoss, poorLoss))
    const further = fc.tuple(fc.integer({ min: 0, max: 2_500 }), fc.array(aRun, { minLength: 1, maxLength: 6 }))
    fc.assert(
      fc.property(fc.array(aRun, { minLength: 1, maxLength: 30 }), further, (before, [holeMs, after]) => {
        const known = runsFrom(0, before)
        const call = aCall({ ...open, streams: [callerHears(known)] })
        const standing = judgeRuns(known, defaultProfile).class
        const room = worseAfterMs(call, standing)
        const badMs = after.reduce((sum, [seconds, mask]) => sum + (worstOf(mask) > 0 ? 1_000 * seconds : 0), 0)
        fc.pre(badMs < room)
        const lengths = before.reduce((sum, [seconds]) => sum + seconds, 0)
        const all = [...known, ...runsFrom(lengths + holeMs / 1_000, after)]
        const later = judgeRuns(all, defaultProfile).class
        expect(rankOf(later)).toBeLessThanOrEqual(rankOf(standing))
      }),
      { numRuns: 3_000 },
    )
  })
})

/** Runs one after the other, `[seconds, mask]` each. */
function runsFrom(start: number, pieces: readonly (readonly [number, number])[]) {
  let end = start
  return pieces.map(([seconds, mask]) => {
    const from = end
    end += seconds
    return run(from, end, mask)
  })
}

const rankOf = (judged: string): number => ['good', 'degraded', 'poor'].indexOf(judged)
