import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalMask, measureBits } from '#contracts/interval-mask.ts'
import { codecRows } from './codec-rows.ts'
import { rateNarrowband } from './e-model.ts'
import { mosName } from './e-model-bands.ts'
import { worstOf } from './interval-thresholds.ts'
import { defaultProfile, qualityProfile } from './profile.ts'
import { createIntervalScorer, type MeasuredInterval } from './score-interval.ts'

const scoreInterval = createIntervalScorer(defaultProfile)
const anInterval = (given: Partial<MeasuredInterval> = {}): MeasuredInterval => ({
  kind: 'audio',
  codec: 'PCMU',
  early: false,
  packetsReceived: 250,
  packetsLost: 0,
  ...given,
})
const withLoss = (percent: number, given: Partial<MeasuredInterval> = {}) =>
  anInterval({ packetsReceived: 1000 - percent * 10, packetsLost: percent * 10, ...given })
const hears = (mask: number, bit: number) => (mask & bit) !== 0

describe('unknown is not zero', () => {
  test('an interval in which nothing was expected has neither loss nor MOS', () => {
    const score = scoreInterval(anInterval({ packetsReceived: 0, packetsLost: 0, oneWayDelayTenthMs: 100 }))
    expect(score).toMatchObject({ mosListening: undefined, mosConversational: undefined, mask: intervalMask.blind })
  })

  test('a call with no inbound packet is not scored 4.50', () => {
    const score = scoreInterval(anInterval({ packetsReceived: 0, packetsLost: 250 }))
    expect(score.mosListening).toBeUndefined()
    expect(score.mask).toBe(measureBits.loss.degraded | measureBits.loss.poor)
  })

  test('unknown loss is not taken for none', () => {
    expect(scoreInterval(anInterval({ packetsLost: undefined })).mosListening).toBeUndefined()
    expect(scoreInterval(anInterval({ packetsReceived: undefined })).mosListening).toBeUndefined()
  })

  test('an unknown codec has no MOS, and its loss is judged all the same', () => {
    const score = scoreInterval(withLoss(10, { codec: 'ISAC/16000' }))
    expect(score).toMatchObject({ codecRow: '', band: '', mosListening: undefined })
    expect(worstOf(score.mask)).toBe(2)
  })

  test('discards that nobody reports leave what was lost on the way', () => {
    expect(scoreInterval(withLoss(2)).mosListening).toBe(
      scoreInterval(withLoss(2, { packetsDiscarded: 0 })).mosListening,
    )
  })

  test('no unknown measure ever gives a bit, and no interval without packets a MOS', () => {
    const blank = {
      kind: fc.constantFrom('audio' as const, 'video' as const),
      codec: fc.constantFrom('PCMU', 'opus', ''),
    }
    fc.assert(
      fc.property(fc.record({ ...blank, early: fc.constant(false) }), fc.nat(100), (interval, lost) => {
        expect(scoreInterval(interval)).toMatchObject({
          mask: intervalMask.blind,
          mosListening: undefined,
          mosConversational: undefined,
        })
        const silent = scoreInterval({ ...interval, packetsReceived: 0, packetsLost: lost, roundTripTenthMs: 10 })
        expect(silent).toMatchObject({ mosListening: undefined, mosConversational: undefined })
      }),
    )
  })
})

describe('loss of an interval', () => {
  test('negative loss, from duplicates, counts as none', () => {
    expect(scoreInterval(anInterval({ packetsLost: -7 })).mosListening).toBe(scoreInterval(anInterval()).mosListening)
  })

  test('fewer than five lost packets are lost packets', () => {
    const score = scoreInterval(anInterval({ packetsReceived: 48, packetsLost: 2 }))
    expect(score.mosListening).toBeLessThan(scoreInterval(anInterval()).mosListening ?? 0)
    expect(hears(score.mask, intervalMask.lossDegraded)).toBe(true)
  })

  test('is not cut to whole percent', () => {
    const [none, some] = [0, 9].map((lost) =>
      scoreInterval(anInterval({ packetsReceived: 1000 - lost, packetsLost: lost })),
    )
    expect(some?.mosListening).toBeLessThan(none?.mosListening ?? 0)
  })

  test('is judged exactly at the limit, by whole numbers', () => {
    const at = (received: number, lost: number) =>
      worstOf(scoreInterval(anInterval({ codec: '', packetsReceived: received, packetsLost: lost })).mask)
    expect([at(4901, 99), at(4900, 100), at(4751, 249), at(4750, 250)]).toEqual([0, 1, 1, 2])
  })

  test('a count is not a percentage: 10 lost of 5,000 are no fault', () => {
    expect(worstOf(scoreInterval(anInterval({ packetsReceived: 4990, packetsLost: 10 })).mask)).toBe(0)
  })

  test('what the jitter buffer discards is lost', () => {
    const discarded = scoreInterval(anInterval({ packetsReceived: 1000, packetsLost: 0, packetsDiscarded: 60 }))
    expect(discarded.mosListening).toBe(scoreInterval(withLoss(6)).mosListening)
    expect(hears(discarded.mask, intervalMask.lossPoor)).toBe(true)
  })

  test('half clean, half at 20 %: the mean of the MOS is 2.77, the MOS of the mean loss 1.48 at most', () => {
    const [clean, bad, mean] = [0, 20, 10].map((percent) => scoreInterval(withLoss(percent)).listening)
    expect(((clean ?? 0) + (bad ?? 0)) / 2).toBeCloseTo(2.77, 2)
    expect(mean).toBeCloseTo(1.48, 1)
  })
})

describe('codecs', () => {
  test('not every codec is scored as concealed G.711', () => {
    const scores = ['PCMU', 'G729', 'GSM-EFR', 'G.711+PLC'].map(
      (codec) => scoreInterval(withLoss(3, { codec })).mosListening,
    )
    expect(new Set(scores).size).toBe(4)
  })

  test('G.711 is scored as concealed where the receiver reports concealment, and only there', () => {
    const [plain, concealed] = [undefined, 100].map((concealedSamples) =>
      scoreInterval(withLoss(3, { concealedSamples })),
    )
    expect([plain?.codecRow, concealed?.codecRow]).toEqual(['G.711', 'G.711+PLC'])
    expect(concealed?.mosListening).toBeGreaterThan(plain?.mosListening ?? 0)
  })

  test('a codec without Bpl has a MOS while nothing is lost, and none under loss', () => {
    expect(scoreInterval(withLoss(0, { codec: 'G726-32' })).mosListening).toBeDefined()
    expect(scoreInterval(withLoss(1, { codec: 'G726-32' })).mosListening).toBeUndefined()
  })

  test('an ungrounded MOS is shown and judges nothing, until the operator configures the codec', () => {
    const opus = withLoss(1.9, { codec: 'opus', oneWayDelayTenthMs: 3000 })
    expect(scoreInterval(opus).mosConversational).toBeLessThan(380)
    expect(worstOf(scoreInterval(opus).mask)).toBe(0)
    const own = qualityProfile.parse({
      ...defaultProfile,
      version: 'own',
      codecs: [{ row: 'Opus', ie: 10.2, bpl: 9.6 }],
    })
    expect(worstOf(createIntervalScorer(own)(opus).mask)).toBe(1)
  })

  test('wide and full band are held to limits of their own', () => {
    const fullband = scoreInterval(withLoss(1.9, { codec: 'EVS 9.6', oneWayDelayTenthMs: 2000 }))
    expect(fullband.mosConversational).toBeGreaterThan(360)
    expect(hears(fullband.mask, intervalMask.mosDegraded)).toBe(true)
    expect([mosName('conversational', 'N'), mosName('listening', 'F')]).toEqual(['MOS-CQEN', 'MOS-LQEF'])
  })
})

describe('delay', () => {
  test('is not ignored, and a round trip is not taken for a one-way delay', () => {
    const [listeningOnly, measured, halved] = [{}, { oneWayDelayTenthMs: 4000 }, { roundTripTenthMs: 4000 }].map(
      (given) => scoreInterval(anInterval(given)),
    )
    expect(listeningOnly?.mosConversational).toBeUndefined()
    expect(measured?.mosConversational).toBe(322)
    expect(halved?.mosConversational).toBeGreaterThan(390)
  })

  test('estimated from a round trip holds half of it, coder, packet and jitter buffer, and says so', () => {
    const estimated = scoreInterval(anInterval({ codec: 'G729', roundTripTenthMs: 2000, jitterBufferTenthMs: 600 }))
    const measured = scoreInterval(anInterval({ codec: 'G729', oneWayDelayTenthMs: 1000 + 350 + 600 }))
    expect(estimated.conversational).toBeCloseTo(measured.conversational, 9)
    expect([estimated.delayEstimated, measured.delayEstimated]).toEqual([true, false])
  })

  test('a jitter buffer that nobody reported is not one of no delay', () => {
    const [unknown, none] = [undefined, 0].map((jitterBufferTenthMs) =>
      scoreInterval(anInterval({ roundTripTenthMs: 3000, jitterBufferTenthMs })),
    )
    expect(unknown?.conversational).toBeLessThan(none?.conversational ?? 0)
  })

  test('never makes MOS rise again, not past a second either', () => {
    const scores = [0, 90, 100, 149, 151, 250, 400, 800, 1200, 3000, 20_000].map(
      (ms) => scoreInterval(withLoss(4, { oneWayDelayTenthMs: ms * 10 })).mosConversational ?? 0,
    )
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(scores.at(-1)).toBe(100)
  })

  test('agrees with the full model, whose Is moves by less than 0.0001 with T', () => {
    const full = rateNarrowband({ ie: 11, bpl: 19, ppl: 2, ta: 180, t: 180, tr: 360 })
    expect(scoreInterval(withLoss(2, { codec: 'G729', oneWayDelayTenthMs: 1800 })).conversational).toBeCloseTo(
      full.mos,
      5,
    )
  })
})

describe('bits', () => {
  test('a jitter gauge that kept its value through silence is no jitter', () => {
    expect(scoreInterval(anInterval({ packetsReceived: 0, packetsLost: 0, jitterTenthMs: 900 })).mask).toBe(
      intervalMask.blind,
    )
    expect(hears(scoreInterval(anInterval({ jitterTenthMs: 500 })).mask, intervalMask.jitterPoor)).toBe(true)
  })

  test('silent concealment is no fault; heard concealment is', () => {
    const at = (concealedSamples: number, silentConcealedSamples: number) =>
      worstOf(scoreInterval(anInterval({ concealedSamples, silentConcealedSamples, samplesReceived: 10_000 })).mask)
    expect([at(5000, 5000), at(5300, 5000), at(700, 0)]).toEqual([0, 1, 2])
  })

  test('early media shows that it came, and is not judged', () => {
    const early = scoreInterval(withLoss(50, { early: true, jitterTenthMs: 900 }))
    expect(early.mask).toBe(intervalMask.media | intervalMask.early)
  })

  test('video has no MOS; decoded frames are media; concealment is no measure of it', () => {
    const score = scoreInterval({
      kind: 'video',
      codec: 'PCMU',
      early: false,
      framesDecoded: 12,
      concealedSamples: 9,
      samplesReceived: 10,
    })
    expect(score).toMatchObject({
      mosListening: undefined,
      codecRow: '',
      mask: intervalMask.media | intervalMask.blind,
    })
  })

  test('a value outside the stated range of the formula is marked and counts', () => {
    const score = scoreInterval(withLoss(4, { codec: 'G729', burstRatioHundredths: 500 }))
    expect(score.extrapolated).toBe(true)
    expect(hears(score.mask, intervalMask.mosDegraded)).toBe(true)
  })
})

test('worse input never gives a better MOS, whatever the codec', () => {
  const percent = fc.integer({ min: 0, max: 1000 })
  const delay = fc.option(fc.nat(20_000), { nil: undefined })
  const point = fc.record({
    lost: percent,
    delay,
    burst: fc.integer({ min: 1, max: 1000 }),
    more: fc.nat(200),
    worse: fc.constantFrom('loss', 'delay', 'burst'),
  })
  fc.assert(
    fc.property(fc.constantFrom(...codecRows), point, ({ key: codec }, { lost, delay: ms, burst, more, worse }) => {
      const at = (l: number, d: number | undefined, b: number) =>
        scoreInterval({
          kind: 'audio',
          codec,
          early: false,
          packetsReceived: 1001 - l,
          packetsLost: l,
          roundTripTenthMs: d,
          burstRatioHundredths: b,
        })
      const before = at(lost, ms, burst)
      const after = at(
        worse === 'loss' ? Math.min(1000, lost + more) : lost,
        worse === 'delay' && ms !== undefined ? ms + more * 100 : ms,
        worse === 'burst' ? burst + more : burst,
      )
      expect(after.mosListening ?? 0).toBeLessThanOrEqual(before.mosListening ?? 500)
      expect(after.mosConversational ?? 0).toBeLessThanOrEqual(before.mosConversational ?? 500)
    }),
    { numRuns: 2000 },
  )
})
