import { type DelayImpairment, delayImpairment } from './e-model-delay.ts'
import { type BasicSignalToNoise, basicSignalToNoise, powerOfTen } from './e-model-noise.ts'
import { type EModelParameters, eModelDefaults } from './e-model-parameters.ts'

/** Parts of Is, the impairments that come at the same time as speech. */
export interface SimultaneousImpairment {
  readonly xolr: number
  readonly iolr: number
  readonly stmro: number
  readonly ist: number
  readonly iq: number
  readonly is: number
}

/** The narrowband result with every intermediate value, so that a score can be followed by hand. */
export interface NarrowbandRating extends BasicSignalToNoise, SimultaneousImpairment, DelayImpairment {
  readonly ieEff: number
  /** Transmission rating factor; not clamped, may be negative. */
  readonly r: number
  /** 1.0 to 4.5. */
  readonly mos: number
  /** True where BurstR lies outside the range for which the Recommendation states the formula. */
  readonly extrapolated: boolean
}

/** Narrowband rating R = Ro - Is - Id - Ie,eff + A. ITU-T G.107 (06/2015) clause 7. */
export function rateNarrowband(given: Partial<EModelParameters> = {}): NarrowbandRating {
  const parameters = { ...eModelDefaults, ...given }
  const noise = basicSignalToNoise(parameters)
  const simultaneous = simultaneousImpairment(parameters, noise)
  const delay = delayImpairment(parameters, noise)
  const ieEff = effectiveEquipmentImpairment(parameters)
  const r = noise.ro - simultaneous.is - delay.id - ieEff + parameters.a
  const extrapolated = isExtrapolated(parameters)
  return { ...noise, ...simultaneous, ...delay, ieEff, r, mos: rToMos(r), extrapolated }
}

/** Is = Iolr + Ist + Iq: too loud a connection, sidetone, quantizing distortion. ITU-T G.107 clause 7.3. */
export function simultaneousImpairment(
  { slr, rlr, stmr, telr, t, qdu }: EModelParameters,
  { no, ro }: BasicSignalToNoise,
): SimultaneousImpairment {
  const xolr = slr + rlr + 0.2 * (64 + no - rlr)
  const iolr = 20 * ((1 + (xolr / 8) ** 8) ** (1 / 8) - xolr / 8)
  const stmro = -10 * Math.log10(powerOfTen(-stmr) + Math.exp(-t / 4) * powerOfTen(-telr))
  const ist =
    12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13) +
    29
  const q = 37 - 15 * Math.log10(qdu)
  const g = 1.07 + 0.258 * q + 0.0602 * q * q
  const y = (ro - 100) / 15 + 46 / 8.4 - g / 9
  const z = 46 / 30 - g / 40
  const iq = 15 * Math.log10(1 + 10 ** y + 10 ** z)
  return { xolr, iolr, stmro, ist, iq, is: iolr + ist + iq }
}

/** Loss impairment of one codec: what the three scales share. Ie,eff = Ie + (top - Ie) * Ppl / (Ppl/BurstR + Bpl). */
export interface LossImpairment {
  readonly ie: number
  readonly bpl: number
  /** Percent, after the jitter buffer. */
  readonly ppl: number
  readonly burstR: number
}

/**
 * Ie,eff, equipment impairment under packet loss. ITU-T G.107 clause 7.5 (top 95), G.107.1 (top 95), G.107.2 (top 132).
 * Not clamped by BurstR's stated range: a clamp would raise the MOS where the range ends (see isExtrapolated).
 */
export function effectiveEquipmentImpairment({ ie, bpl, ppl, burstR }: LossImpairment, top = 95): number {
  return ppl === 0 ? ie : ie + ((top - ie) * ppl) / (ppl / burstR + bpl)
}

/** True where BurstR > 2 meets loss of 2 % or more, beyond the range of ITU-T G.107 clause 7.5. */
export function isExtrapolated({ ppl, burstR }: Pick<LossImpairment, 'ppl' | 'burstR'>): boolean {
  return burstR > 2 && ppl >= 2
}

/** MOS (1.0 to 4.5) of a rating R. ITU-T G.107 annex B; the cubic dips under 1 below R of about 6.5, hence the clamp. */
export function rToMos(r: number): number {
  if (r <= 0) return 1
  if (r >= 100) return 4.5
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
}
