import type { EModelParameters } from './e-model-parameters.ts'

/** Parts of Ro. Noise powers in dBm0p. */
export interface BasicSignalToNoise {
  readonly nfo: number
  readonly pre: number
  readonly nor: number
  readonly nos: number
  readonly no: number
  readonly ro: number
}

/** 10^(level / 10): a level in dB as a power. */
export function powerOfTen(level: number): number {
  return 10 ** (level / 10)
}

/** Ro, the basic signal-to-noise ratio: all noises added as powers. ITU-T G.107 (06/2015) clause 7.2. */
export function basicSignalToNoise({ slr, rlr, lstr, ds, nc, nfor, ps, pr }: EModelParameters): BasicSignalToNoise {
  const olr = slr + rlr
  const nfo = nfor + rlr
  const pre = pr + 10 * Math.log10(1 + powerOfTen(10 - lstr))
  const nor = rlr - 121 + pre + 0.008 * (pre - 35) ** 2
  const nos = ps - slr - ds - 100 + 0.004 * (ps - olr - ds - 14) ** 2
  const no = 10 * Math.log10([nc, nos, nor, nfo].reduce((sum, level) => sum + powerOfTen(level), 0))
  return { nfo, pre, nor, nos, no, ro: 15 - 1.5 * (slr + no) }
}
