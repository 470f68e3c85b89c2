/**
 * What one scored interval of one stream was like, as bits. The same bits in SQL (stored in `call_minutes.runs`)
 * and in TypeScript. An interval without a bit says nothing bad about that measure: it may also be unknown.
 */
export const intervalMask = {
  /** At least one packet (or decoded frame) arrived. Without it the interval was observed, and silent. */
  media: 1,
  lossDegraded: 2,
  lossPoor: 4,
  jitterDegraded: 8,
  jitterPoor: 16,
  roundTripDegraded: 32,
  roundTripPoor: 64,
  concealmentDegraded: 128,
  concealmentPoor: 256,
  mosDegraded: 512,
  mosPoor: 1024,
  /** Ended before the call was answered: early media, shown but not judged. */
  early: 2048,
  /**
   * Nothing was known that a limit of the profile could judge: packets lost of unknown how many, packets received without
   * what was lost. Such time is neither good nor bad. Minutes of before this bit existed do not have it.
   */
  blind: 4096,
} as const

/** The measures a class can come from, in the order in which reasons are listed. */
export const judgedMeasures = ['loss', 'jitter', 'round_trip', 'concealment', 'mos'] as const
export type JudgedMeasure = (typeof judgedMeasures)[number]

/** degraded and poor bit of each measure. A poor interval carries both bits. */
export const measureBits: Readonly<Record<JudgedMeasure, { readonly degraded: number; readonly poor: number }>> = {
  loss: { degraded: intervalMask.lossDegraded, poor: intervalMask.lossPoor },
  jitter: { degraded: intervalMask.jitterDegraded, poor: intervalMask.jitterPoor },
  round_trip: { degraded: intervalMask.roundTripDegraded, poor: intervalMask.roundTripPoor },
  concealment: { degraded: intervalMask.concealmentDegraded, poor: intervalMask.concealmentPoor },
  mos: { degraded: intervalMask.mosDegraded, poor: intervalMask.mosPoor },
}

export const poorBits = judgedMeasures.reduce((bits, measure) => bits | measureBits[measure].poor, 0)
export const degradedBits = judgedMeasures.reduce((bits, measure) => bits | measureBits[measure].degraded, 0)
