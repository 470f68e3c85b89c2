import type { MosBand, MosKind } from '#contracts/call-record.ts'
import { effectiveEquipmentImpairment, isExtrapolated, type LossImpairment, rateNarrowband, rToMos } from './e-model.ts'
import { absoluteDelayImpairment } from './e-model-delay.ts'
import { eModelDefaults } from './e-model-parameters.ts'

/** How each band's scale is built. Values on different scales are never averaged or compared. */
export interface Scale {
  /** R of a connection with no codec, loss or delay impairment. */
  readonly best: number
  /** The impairment at which everything is lost: the `top` of Ie,eff. */
  readonly top: number
  /** R is divided by this before the cubic that gives MOS. */
  readonly divisor: number
}

const perfect = rateNarrowband()

/**
 * N: Ro - Is with the defaults of ITU-T G.107 (its R before delay and codec; taken at T = 0, with T it moves by less
 * than 0.0001). W: Ro of G.107.1. F: Rmax of G.107.2.
 */
export const scales: Readonly<Record<MosBand, Scale>> = {
  N: { best: perfect.ro - perfect.is, top: 95, divisor: 1 },
  W: { best: 129, top: 95, divisor: 1.29 },
  F: { best: 148, top: 132, divisor: 1.48 },
}

/** No and Ro with default parameters: what the echo terms need when only delay is known. */
export const defaultNoise = { no: perfect.no, ro: perfect.ro, rlr: eModelDefaults.rlr }

export interface BandRating {
  readonly ieEff: number
  /** Delay impairment on the band's own scale; undefined for a listening score, which leaves delay out. */
  readonly id: number | undefined
  readonly r: number
  readonly mos: number
  readonly extrapolated: boolean
}

/** Wideband listening rating. ITU-T G.107.1; its delay terms are not implemented, so there is no conversational one. */
export function rateWidebandListening(loss: LossImpairment): BandRating {
  return rating('W', loss, undefined)
}

/**
 * Fullband rating; conversational when `ta` (one-way delay, ms) is given. ITU-T G.107.2: Id,fb = 1.48 * Idd, without
 * echo terms.
 */
export function rateFullband(loss: LossImpairment, ta?: number): BandRating {
  return rating('F', loss, ta === undefined ? undefined : scales.F.divisor * absoluteDelayImpairment(ta))
}

function rating(band: MosBand, loss: LossImpairment, id: number | undefined): BandRating {
  const { best, top, divisor } = scales[band]
  const ieEff = effectiveEquipmentImpairment(loss, top)
  const r = best - (id ?? 0) - ieEff
  return { ieEff, id, r, mos: rToMos(r / divisor), extrapolated: isExtrapolated(loss) }
}

/** Name of an estimate: ITU-T P.800.1, e.g. MOS-CQEN for conversational, estimated, narrowband. */
export function mosName(kind: MosKind, band: MosBand): string {
  return `MOS-${kind === 'conversational' ? 'CQE' : 'LQE'}${band}`
}
