import { defaultNoise } from './e-model-bands.ts'
import { eModelDefaults } from './e-model-parameters.ts'

/**
 * ClickHouse expressions of the formulas in e-model.ts and e-model-delay.ts, default parameters put in as constants.
 * Arguments are Float64 column names; NaN is unknown and stays NaN. exp, log and pow differ from JavaScript's by up to
 * 3e-14, which the property test allows for.
 */
export const eModelSql = { effectiveEquipmentImpairment, talkerEcho, listenerEcho, absoluteDelay, rToMos }

/** A JavaScript number as a Float64 literal; ClickHouse reads a short decimal such as 0.1 exactly so. */
export function literal(value: number): string {
  if (!Number.isFinite(value)) return 'nan'
  const text = Number.isInteger(value) ? `${value}.` : `${value}`
  return value < 0 ? `(${text})` : text
}

interface LossColumns {
  readonly ie: string
  readonly bpl: string
  readonly ppl: string
  readonly burstR: string
  readonly top: string
}

/** Ie,eff: ITU-T G.107 clause 7.5. */
function effectiveEquipmentImpairment({ ie, bpl, ppl, burstR, top }: LossColumns): string {
  return `if(${ppl} = 0, ${ie}, ${ie} + ((${top} - ${ie}) * ${ppl}) / (${ppl} / ${burstR} + ${bpl}))`
}

/** Idte before its clamp at 0: ITU-T G.107 clause 7.4. `t`: one-way delay, ms. */
function talkerEcho(t: string): string {
  const roe = -1.5 * (defaultNoise.no - defaultNoise.rlr)
  const echo = `${literal(eModelDefaults.telr)} - 40 * log10((1 + ${t} / 10) / (1 + ${t} / 150)) + 6 * exp(-0.3 * ${t} * ${t})`
  const half = `(${literal(roe)} - (80 + 2.5 * (${echo} - 14))) / 2`
  return `(${half} + sqrt((${half}) * (${half}) + 100) - 1) * (1 - exp(-${t}))`
}

/** Idle: ITU-T G.107 clause 7.4, with Tr = 2T. pow(x, -1/4) as two square roots, which cost a tenth. */
function listenerEcho(t: string): string {
  const best = 10.5 * (eModelDefaults.wepl + 7)
  const half = `(${literal(defaultNoise.ro)} - ${literal(best)} / sqrt(sqrt(2 * ${t} + 1))) / 2`
  return `${half} + sqrt((${half}) * (${half}) + 169)`
}

/** Idd: ITU-T G.107 clause 7.4. */
function absoluteDelay(ta: string): string {
  const sixthPower = (x: string) => `(${x}) * (${x}) * (${x}) * (${x}) * (${x}) * (${x})`
  const x = `log2(${ta} / 100)`
  const root = (base: string) => `cbrt(sqrt(1 + ${sixthPower(base)}))`
  return `if(${ta} <= 100, 0., 25 * (${root(x)} - 3 * ${root(`${x} / 3`)} + 2))`
}

/** MOS of a rating: ITU-T G.107 annex B. `1 +` stands last where NaN must stay NaN. */
function rToMos(r: string): string {
  const cubic = `1 + 0.035 * ${r} + ${r} * (${r} - 60) * (100 - ${r}) * 7e-6`
  return `multiIf(${r} <= 0, 1., ${r} >= 100, 4.5, ${cubic} < 1, 1., ${cubic})`
}
