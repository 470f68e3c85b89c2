import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalMask } from '#contracts/interval-mask.ts'
import {
  aCall,
  aDigest,
  anEvent,
  aSpan,
  aTally,
  at,
  calleeHears,
  calleeSays,
  callerHears,
  callerSays,
  clean,
  earlyMedia,
  media,
  poorLoss,
  poorMos,
  run,
  silence,
  someLoss,
} from './calls-for-tests.ts'
import { judgeCall, nextJudgementDue } from './judge.ts'
import { defaultProfile } from './profile.ts'
import { createIntervalScorer } from './score-interval.ts'

const lossyHalf = [run(0, 19, media), run(19, 60, poorLoss)]

describe('the class of a call', () => {
  test('is good when both directions were measured and nothing was wrong', () => {
    const verdict = judgeCall(aCall({ streams: [callerHears(clean), calleeHears(clean)] }))
    expect(verdict).toEqual({ class: 'good', unclassified: undefined, reasons: [], findings: [], fault: undefined })
  })

  test('is that of its worst stream, and says by which measure, how long and in which direction', () => {
    const lossy = callerHears(lossyHalf, { packetsLost: 216, packetsExpected: 3000 })
    const { class: worst, reasons } = judgeCall(aCall({ streams: [lossy, calleeHears(clean)] }))
    expect(worst).toBe('poor')
    expect(reasons.map(({ text }) => text)).toEqual(['loss 7.2 % for 41 s, callee -> caller'])
    expect(reasons[0]).toMatchObject({
      measure: 'loss',
      severity: 'poor',
      badMs: 41_000,
      longestMs: 41_000,
      stream: 'a/audio/receive/',
    })
    expect(reasons[0]?.share).toBeCloseTo(41 / 60)
  })

  test('names the limit where the mean of a long call would hide what happened', () => {
    const runs = [run(0, 900, media), run(900, 930, poorLoss), run(930, 1800, media)]
    const lossy = calleeHears(runs, { packetsLost: 150, packetsExpected: 90_000 })
    expect(judgeCall(aCall({ streams: [lossy], endedMs: at(1800), asOfMs: at(9999) })).reasons[0]?.text).toBe(
      'loss of 5 % or more for 30 s, caller -> callee',
    )
  })

  test('names every measure that took part when only their sum is bad', () => {
    const jitter = media | 8 | 16
    const runs = [
      run(0, 200, media),
      run(200, 208, poorLoss),
      run(208, 220, media),
      run(220, 228, jitter),
      run(228, 240, media),
      run(240, 249, poorLoss | jitter),
    ]
    const { reasons } = judgeCall(aCall({ streams: [calleeHears(runs)], endedMs: at(249) }))
    expect(reasons.map(({ measure, severity }) => `${severity} ${measure}`)).toEqual(['poor loss', 'poor jitter'])
  })

  test('does not hide what one observer saw behind the view of another', () => {
    const streams = [calleeHears(clean), calleeHears(lossyHalf, { observer: 'probe' }), callerHears(clean)]
    expect(judgeCall(aCall({ streams })).class).toBe('poor')
  })

  test('gives one reason per stream and measure, however many observers agree', () => {
    const streams = [calleeHears(lossyHalf), calleeHears(lossyHalf, { observer: 'sbc' })]
    expect(judgeCall(aCall({ streams })).reasons).toHaveLength(1)
  })

  test('does not depend on the order in which anything arrived', () => {
    const streams = [
      callerHears(lossyHalf),
      calleeHears(lossyHalf, { observer: 'sbc' }),
      calleeHears(clean),
      callerSays([run(0, 30, media), run(30, 60, silence)]),
      calleeSays(clean),
    ]
    const events = [
      anEvent('call.muted', 5, { leg_id: 'a' }),
      anEvent('call.unmuted', 7, { leg_id: 'a' }),
      anEvent('call.recording_failed', 7),
      anEvent('call.held', 20),
      anEvent('call.resumed', 25),
    ]
    const evidence = [aSpan(), aSpan({ id: 'span-2', service: 'recording' }), aSpan({ id: 'span-0', atMs: at(3) })]
    const sorted = JSON.stringify(judgeCall(aCall({ streams, events, evidence })))
    const shuffled = <T>(list: T[]) => fc.shuffledSubarray(list, { minLength: list.length })
    fc.assert(
      fc.property(shuffled(streams), shuffled(events), shuffled(evidence), (s, e, v) => {
        expect(
          JSON.stringify(judgeCall(aCall({ streams: s, events: e, evidence: v, legs: [...aCall().legs].reverse() }))),
        ).toBe(sorted)
      }),
      { numRuns: 50 },
    )
  })
})

describe('evidence', () => {
  test('a call that nobody answered is not judged', () => {
    const verdict = judgeCall(
      aCall({ disposition: 'not_answered', answeredMs: undefined, streams: [callerHears([run(0, 20, earlyMedia)])] }),
    )
    expect(verdict).toMatchObject({ class: 'unclassified', unclassified: 'not_answered', reasons: [] })
  })

  test('an open call that nobody has answered so far has no class, and no reasons either', () => {
    const ringing = { disposition: 'unknown', answeredMs: undefined, endedMs: undefined, endedBy: undefined } as const
    const verdict = judgeCall(aCall({ ...ringing, asOfMs: at(5), events: [anEvent('call.started', 0)] }))
    expect(verdict).toMatchObject({ class: 'unclassified', unclassified: 'not_answered', findings: [] })
  })

  test('a call that no observer reported on has no samples; one of a few seconds was too short for a report', () => {
    expect(judgeCall(aCall()).unclassified).toBe('no_samples')
    expect(judgeCall(aCall({ endedMs: at(3) })).unclassified).toBe('too_short')
  })

  test('three seconds of clean media do not make a good call; 500 packets or ten seconds do', () => {
    expect(judgeCall(aCall({ endedMs: at(3), streams: [calleeHears([run(0, 3, media)])] })).unclassified).toBe(
      'too_short',
    )
    expect(judgeCall(aCall({ endedMs: at(10), streams: [calleeHears([run(0, 10, media)])] })).class).toBe('good')
    expect(
      judgeCall(aCall({ endedMs: at(6), streams: [calleeHears([run(0, 6, media)], { packetsReceived: 500 })] })).class,
    ).toBe('good')
  })

  test('is needed in each direction that carried anything, from any of its observers', () => {
    const short = callerHears([run(0, 3, media)])
    expect(judgeCall(aCall({ streams: [calleeHears(clean), short] })).unclassified).toBe('too_short')
    expect(judgeCall(aCall({ streams: [calleeHears(clean), short, calleeSays(clean)] })).class).toBe('good')
  })

  test('ringback before the answer is none', () => {
    const runs = [run(-30, 0, earlyMedia), run(0, 2, media)]
    expect(judgeCall(aCall({ endedMs: at(2), streams: [calleeHears(runs)] })).unclassified).toBe('too_short')
  })

  test("a device's own report of what it sent is no unmeasured direction", () => {
    const sent = callerSays(clean, {
      observer: 'browser',
      packetsReceived: undefined,
      packetsLost: undefined,
      packetsSent: 3000,
      runs: [run(0, 60, silence)],
    })
    expect(judgeCall(aCall({ streams: [callerHears(clean), sent] })).class).toBe('good')
  })

  test('a bad call does not hide behind "unclassified": four bad seconds are enough for poor', () => {
    const verdict = judgeCall(aCall({ endedMs: at(4), streams: [calleeHears([run(0, 4, poorLoss)])] }))
    expect(verdict.class).toBe('poor')
  })

  test('a codec without a grounded MOS silences the MOS, not the loss', () => {
    const opus = calleeHears(lossyHalf, {
      codecs: ['opus'],
      mos: [aTally({ codecRow: 'Opus', band: 'F', grounded: false })],
    })
    expect(judgeCall(aCall({ streams: [opus] })).class).toBe('poor')
  })

  test('loss of the degraded kind makes a degraded call', () => {
    expect(judgeCall(aCall({ streams: [calleeHears([run(0, 50, media), run(50, 60, someLoss)])] })).class).toBe(
      'degraded',
    )
  })

  test('a measure that the profile does not judge says nothing, however bad it was', () => {
    const { lossBasisPoints, ...lenient } = defaultProfile
    const score = createIntervalScorer(lenient)
    const lost = { packetsReceived: 10, packetsLost: 90 }
    expect(score({ kind: 'audio', codec: 'opus', early: false, ...lost }).mask).toBe(media | intervalMask.blind)
    expect(score({ kind: 'audio', codec: 'opus', early: false, ...lost, jitterTenthMs: 900 }).mask).not.toBe(media)
  })

  test('a low grounded MOS judges, and is named with its value', () => {
    const low = calleeHears([run(0, 60, poorMos)], { mos: [aTally({ hundredthMs: 60_000 * 291 })] })
    expect(judgeCall(aCall({ streams: [low] })).reasons[0]?.text).toBe('MOS 2.91 for 60 s, caller -> callee')
  })
})

describe('the next judgement', () => {
  const open = { endedMs: undefined, endedBy: undefined }

  test('is due when an answered call without media passes the limits', () => {
    expect(nextJudgementDue(aCall({ ...open, asOfMs: at(1) }))).toBe(at(5))
    const silent = [calleeHears([run(0, 1, silence)])]
    expect(nextJudgementDue(aCall({ ...open, asOfMs: at(0.5), streams: silent }))).toBe(at(1) + 1)
    expect(nextJudgementDue(aCall({ ...open, asOfMs: at(5), streams: silent }))).toBeUndefined()
  })

  test('is not due while all is well, nor after the end', () => {
    expect(
      nextJudgementDue(aCall({ ...open, asOfMs: at(3), streams: [calleeHears([run(0, 3, media)])] })),
    ).toBeUndefined()
    expect(nextJudgementDue(aCall())).toBeUndefined()
    expect(nextJudgementDue(aCall({ disposition: 'not_answered', answeredMs: undefined }))).toBeUndefined()
  })

  test('finds each change of the class that comes by time alone', () => {
    const streams = [
      callerHears([run(0, 60, media)]),
      calleeHears([run(0, 20, media), run(20, 60, silence)]),
      aDigest({ legId: 'b', direction: 'send', observer: 'sbc', runs: clean }),
    ]
    const facts = (asOf: number) => aCall({ endedMs: at(90), asOfMs: at(asOf), streams })
    expect(judgeCall(facts(24.9)).class).toBe('good')
    expect(nextJudgementDue(facts(22))).toBe(at(25))
    expect(judgeCall(facts(25)).class).toBe('poor')
  })
})
