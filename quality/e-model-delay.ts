import type { BasicSignalToNoise } from './e-model-noise.ts'
import type { EModelParameters } from './e-model-parameters.ts'

/** Parts of Id, the impairments that come after speech. */
export interface DelayImpairment {
  readonly roe: number
  readonly terv: number
  readonly re: number
  readonly idte: number
  readonly rle: number
  readonly idle: number
  readonly idd: number
  readonly id: number
}

/** Id = Idte + Idle + Idd: talker echo, listener echo, sheer delay. ITU-T G.107 (06/2015) clause 7.4. */
export function delayImpairment(
  { rlr, telr, wepl, t, tr, ta, sT, mT }: EModelParameters,
  { no, ro }: Pick<BasicSignalToNoise, 'no' | 'ro'>,
): DelayImpairment {
  const roe = -1.5 * (no - rlr)
  const terv = telr - 40 * Math.log10((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t * t)
  const re = 80 + 2.5 * (terv - 14)
  const talkerEcho = ((roe - re) / 2 + Math.sqrt((roe - re) ** 2 / 4 + 100) - 1) * (1 - Math.exp(-t))
  // Below 0.85 ms the term is negative and R would rise with delay; the Recommendation's own "0 below 1 ms" jumps.
  const idte = Math.max(0, talkerEcho)
  const rle = 10.5 * (wepl + 7) * (tr + 1) ** (-1 / 4)
  const idle = (ro - rle) / 2 + Math.sqrt((ro - rle) ** 2 / 4 + 169)
  const idd = absoluteDelayImpairment(ta, sT, mT)
  return { roe, terv, re, idte, rle, idle, idd, id: idte + idle + idd }
}

/** Idd, the cost of a delay of `ta` milliseconds on a line free of echo. ITU-T G.107 clause 7.4. */
export function absoluteDelayImpairment(ta: number, sT = 1, mT = 100): number {
  if (ta <= mT) return 0
  const x = Math.log2(ta / mT)
  const power = 6 * sT
  return 25 * ((1 + x ** power) ** (1 / power) - 3 * (1 + (x / 3) ** power) ** (1 / power) + 2)
}
