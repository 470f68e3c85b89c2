import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectiveEquipmentImpairment, isExtrapolated, rateNarrowband, rToMos } from './e-model.ts'
import { rateFullband, rateWidebandListening } from './e-model-bands.ts'

describe('the narrowband E-model', () => {
  test('gives R 93.2062 with every parameter at its default', () => {
    const rating = rateNarrowband()
    expect(rating.ro).toBeCloseTo(94.77, 2)
    expect(rating.is).toBeCloseTo(1.41, 2)
    expect(rating.id).toBeCloseTo(0.15, 2)
    expect(rating.r).toBeCloseTo(93.2062, 4)
    expect(rating.mos).toBeCloseTo(4.41, 2)
  })

  test.each([
    [90, 4.34],
    [80, 4.02],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('turns R %d into MOS %d, as printed in annex B', (r, mos) => {
    expect(rToMos(r)).toBeCloseTo(mos, 2)
  })

  // The printed examples take Id from delay alone (T and Tr as published tools set them), so R is Ro-Is-Id-Ie_eff.
  test.each([
    ['G.729A with VAD', { ie: 11, bpl: 19 }, 19.0, 70.5, 3.62],
    ['G.711 with concealment', { ie: 0, bpl: 25.1 }, 7.0, 82.5, 4.12],
  ])('agrees with the worked example of %s at 2 %% loss and 150 ms', (_, codec, ieEff, r, mos) => {
    const rating = rateNarrowband({ ...codec, ppl: 2, ta: 150, t: 150, tr: 300 })
    expect(rating.ieEff).toBeCloseTo(ieEff, 1)
    expect(rating.id).toBeCloseTo(3.8, 1)
    expect(rating.r).toBeCloseTo(r, 1)
    expect(rating.mos).toBeCloseTo(mos, 2)
  })

  test('agrees with the worked example of G.711 without concealment under bursts', () => {
    expect(effectiveEquipmentImpairment({ ie: 0, bpl: 4.3, ppl: 2, burstR: 2 })).toBeCloseTo(35.8, 1)
  })

  test.each([
    [0, 0.15, 93.206, 4.409],
    [100, 2.69, 90.664, 4.355],
    [150, 3.82, 89.539, 4.328],
    [400, 31.11, 62.247, 3.216],
  ])('with a one-way delay of %d ms has Id %d, R %d, MOS %d', (ta, id, r, mos) => {
    const rating = rateNarrowband({ ta, t: ta, tr: 2 * ta })
    expect(rating.id).toBeCloseTo(id, 2)
    expect(rating.r).toBeCloseTo(r, 3)
    expect(rating.mos).toBeCloseTo(mos, 3)
  })

  test('marks bursty loss beyond the stated range and does not clamp it', () => {
    const codec = { ie: 0, bpl: 4.3, burstR: 4 }
    expect(isExtrapolated({ ppl: 1.99, burstR: 4 })).toBe(false)
    expect(isExtrapolated({ ppl: 2, burstR: 4 })).toBe(true)
    expect(isExtrapolated({ ppl: 50, burstR: 2 })).toBe(false)
    const [before, after] = [1.99, 2].map((ppl) => rateNarrowband({ ...codec, ppl }).mos)
    expect(after).toBeLessThan(before ?? 0)
  })

  test('never rises with delay, not even past a second, nor below one millisecond', () => {
    const delay = fc.oneof(fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0, max: 20_000, noNaN: true }))
    fc.assert(
      fc.property(delay, delay, (one, other) => {
        const [short, long] = [Math.min(one, other), Math.max(one, other)].map((ta) =>
          rateNarrowband({ ta, t: ta, tr: 2 * ta }),
        )
        expect(long?.r).toBeLessThanOrEqual((short?.r ?? 0) + 1e-4)
        expect(long?.mos).toBeLessThanOrEqual((short?.mos ?? 0) + 1e-6)
      }),
    )
    expect(rateNarrowband({ ta: 5000, t: 5000, tr: 10_000, ppl: 20 }).mos).toBe(1)
  })

  test('never leaves 1.0 to 4.5 and never falls while R rises', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -200, max: 200, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        (r, more) => {
          expect(rToMos(r)).toBeGreaterThanOrEqual(1)
          expect(rToMos(r + more)).toBeLessThanOrEqual(4.5)
          expect(rToMos(r + more)).toBeGreaterThanOrEqual(rToMos(r) - 1e-12)
        },
      ),
    )
  })
})

describe('the wider bands', () => {
  test.each([
    [0, 4.41],
    [1, 4.21],
    [2, 3.98],
    [5, 3.35],
    [10, 2.63],
  ])('EVS at 48 kbit/s with %d %% loss scores %d on the fullband scale', (ppl, mos) => {
    expect(rateFullband({ ie: 10.2, bpl: 9.6, ppl, burstR: 1 }).mos).toBeCloseTo(mos, 2)
  })

  test('a fullband listening score leaves delay out, a conversational one does not', () => {
    const loss = { ie: 10.2, bpl: 9.6, ppl: 0, burstR: 1 }
    expect(rateFullband(loss).id).toBeUndefined()
    expect(rateFullband(loss, 100).mos).toBe(rateFullband(loss).mos)
    expect(rateFullband(loss, 300).mos).toBeLessThan(rateFullband(loss).mos)
  })

  test('wideband takes R from 129 and divides it by 1.29', () => {
    const { r, mos } = rateWidebandListening({ ie: 13, bpl: 4, ppl: 0, burstR: 1 })
    expect(r).toBe(116)
    expect(mos).toBe(rToMos(116 / 1.29))
  })
})
