import { describe, expect, test } from 'vitest'
import {
  aDigest,
  aTally,
  clean,
  earlyMedia,
  media,
  poorLoss,
  poorMos,
  run,
  silence,
  someLoss,
} from './calls-for-tests.ts'
import { defaultProfile } from './profile.ts'
import { judgedRunsOf, judgeRuns, summarizeStream, worstMosOf } from './summarize-stream.ts'

const summarize = (digest: ReturnType<typeof aDigest>) =>
  summarizeStream(digest, {
    label: 'caller -> callee',
    chosen: true,
    profile: defaultProfile,
    judged: judgeRuns(judgedRunsOf(digest, defaultProfile), defaultProfile),
  })
const classOf = (...runs: ReturnType<typeof run>[]) => summarize(aDigest({ runs })).class

describe('the class of a stream', () => {
  test('is poor from a tenth of its measured time on', () => {
    expect(classOf(run(0, 54, media), run(54, 60, poorLoss))).toBe('poor')
    expect(classOf(run(0, 54.1, media), run(54.1, 60, poorLoss))).toBe('good')
  })

  test('is poor by one stretch of ten seconds, however long the call', () => {
    expect(classOf(run(0, 900, media), run(900, 910, poorLoss), run(910, 1800, media))).toBe('poor')
    expect(classOf(run(0, 900, media), run(900, 909, poorLoss), run(909, 1800, media))).toBe('good')
  })

  test('is degraded by degraded and poor time together', () => {
    expect(classOf(run(0, 85, media), run(85, 90, someLoss), run(90, 91, media), run(91, 96, poorLoss))).toBe(
      'degraded',
    )
  })

  test('a stretch spans different masks, minute borders and reports up to two seconds late, but no longer holes', () => {
    const other = poorLoss | 8
    expect(classOf(run(0, 500, media), run(500, 505, poorLoss), run(506.9, 511, other), run(511, 1000, media))).toBe(
      'poor',
    )
    expect(classOf(run(0, 500, media), run(500, 505, poorLoss), run(507.1, 512, other), run(512, 1000, media))).toBe(
      'good',
    )
    expect(
      classOf(
        run(0, 500, media),
        run(500, 505, poorLoss),
        run(505, 506, media),
        run(506, 511, other),
        run(511, 1000, media),
      ),
    ).toBe('good')
  })

  test('does not judge early media', () => {
    expect(classOf(run(0, 30, earlyMedia | poorLoss), run(30, 60, media))).toBe('good')
    expect(classOf(run(0, 30, earlyMedia))).toBe('unclassified')
  })

  test('ignores the MOS of a codec that cannot be scored under loss, once packets were lost', () => {
    const runs = [run(0, 60, poorMos)]
    const mos = [aTally({ codecRow: 'G.726-24', hundredthMs: 60_000 * 300 })]
    const lossless = summarize(aDigest({ runs, mos }))
    const lossy = summarize(aDigest({ runs, mos, packetsLost: 3 }))
    expect([lossless.class, lossless.mos[0]?.grounded]).toEqual(['poor', true])
    expect([lossy.class, lossy.mos[0]?.grounded]).toEqual(['good', false])
  })
})

describe('figures of a stream', () => {
  test('means are weighted by time, and unknown ones stay unknown', () => {
    const jitter = { weightMs: 4000, tenthMs: 100 * 1000 + 20 * 3000, min: 20, max: 100 }
    const summary = summarize(aDigest({ runs: clean, jitter, packetsLost: undefined, packetsExpected: undefined }))
    expect(summary).toMatchObject({
      jitterMs: 4,
      jitterMaxMs: 10,
      roundTripMs: undefined,
      lossRatio: undefined,
      concealedRatio: undefined,
    })
  })

  test('a stream that carried nothing has no loss ratio, and duplicates are no negative loss', () => {
    const nothing = aDigest({ runs: [run(0, 60, silence)], packetsExpected: 0 })
    expect(summarize(nothing).lossRatio).toBeUndefined()
    expect(summarize(aDigest({ runs: clean, packetsLost: -5 })).lossRatio).toBe(0)
  })

  test('degraded and poor time are apart', () => {
    const { degradedMs, poorMs, longestPoorMs, measuredMs } = summarize(
      aDigest({ runs: [run(0, 40, media), run(40, 48, someLoss), run(48, 60, poorLoss)] }),
    )
    expect({ degradedMs, poorMs, longestPoorMs, measuredMs }).toEqual({
      degradedMs: 8000,
      poorMs: 12_000,
      longestPoorMs: 12_000,
      measuredMs: 60_000,
    })
  })

  test('the worst MOS is never picked across scales: the one that covers most of the call counts', () => {
    const narrow = summarize(aDigest({ runs: clean, mos: [aTally({ hundredthMs: 60_000 * 400 })] }))
    const full = summarize(
      aDigest({ runs: clean, mos: [aTally({ band: 'F', codecRow: 'EVS-48', ms: 1000, hundredthMs: 1000 * 200 })] }),
    )
    expect(worstMosOf([full, narrow])).toMatchObject({ name: 'MOS-LQEN', value: 4 })
  })
})

describe('the worst MOS of several streams', () => {
  const mosOf = (mean: number) => [aTally({ hundredthMs: 60_000 * mean })]
  const spoken = summarize(aDigest({ runs: clean, mos: mosOf(442) }))
  const ungrounded = [aTally({ band: 'W', codecRow: 'AMR-WB-12.65' })]

  test('is unknown when one of them is: the clean direction does not speak for the lossy one', () => {
    const lossy = summarize(aDigest({ legId: 'a', runs: [run(0, 60, poorLoss)], packetsLost: 300, mos: [] }))
    expect(worstMosOf([spoken])?.value).toBe(4.42)
    expect(worstMosOf([spoken, lossy])).toBeUndefined()
    expect(worstMosOf([lossy, spoken])).toBeUndefined()
  })

  test('is unknown where the codec of one cannot be scored under the loss it had', () => {
    const amrWb = summarize(aDigest({ legId: 'a', runs: [run(0, 60, poorLoss)], packetsLost: 300, mos: ungrounded }))
    expect(amrWb.mos.map(({ grounded }) => grounded)).toEqual([false])
    expect(worstMosOf([spoken, amrWb])).toBeUndefined()
  })

  test('is unknown where a far end reports on a stream that nobody scored', () => {
    const remote = { direction: 'send', observer: 'remote', packetsReceived: undefined, packetsLost: 40 } as const
    expect(worstMosOf([spoken, summarize(aDigest({ runs: clean, ...remote }))])).toBeUndefined()
  })

  test('does not wait for a stream that carried nothing, a device that only knows what it sent, or video', () => {
    const silent = summarize(aDigest({ runs: [run(0, 60, silence)] }))
    const ringback = summarize(aDigest({ runs: [run(0, 60, earlyMedia)] }))
    const sent = { direction: 'send', packetsReceived: undefined, packetsLost: undefined, packetsSent: 3000 } as const
    const own = summarize(aDigest({ runs: clean, ...sent }))
    const video = summarize(aDigest({ runs: clean, kind: 'video' }))
    expect(worstMosOf([spoken, silent, ringback, own, video])?.value).toBe(4.42)
  })

  test('does not ask views that do not count', () => {
    const lossy = summarize(aDigest({ runs: [run(0, 60, poorLoss)], packetsLost: 300, mos: [] }))
    expect(worstMosOf([spoken, { ...lossy, chosen: false }])?.value).toBe(4.42)
  })

  test('is that of the view which saw the worst, as the class is, whichever view counts for talk time', () => {
    const low = [aTally({ hundredthMs: 60_000 * 250, minHundredths: 250, maxHundredths: 250 })]
    const sbc = summarize(aDigest({ runs: [run(0, 60, poorLoss)], observer: 'sbc', mos: low }))
    expect(worstMosOf([spoken, { ...sbc, chosen: false }])?.value).toBe(2.5)
  })
})
