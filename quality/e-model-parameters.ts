/** Inputs of the narrowband E-model, named as in ITU-T G.107 (06/2015) table 1. */
export interface EModelParameters {
  /** Send and receive loudness ratings, dB. */
  readonly slr: number
  readonly rlr: number
  /** Sidetone masking rating and listener sidetone rating, dB. */
  readonly stmr: number
  readonly lstr: number
  /** D-value of the telephone, send side, dB. (Dr enters only through LSTR = STMR + Dr.) */
  readonly ds: number
  /** Talker echo loudness rating and weighted echo path loss, dB. */
  readonly telr: number
  readonly wepl: number
  /** Mean one-way delay of the echo path, round trip of the 4-wire loop, absolute one-way delay: milliseconds. */
  readonly t: number
  readonly tr: number
  readonly ta: number
  /** Quantizing distortion units. */
  readonly qdu: number
  /** Equipment impairment factor and packet-loss robustness of the codec (G.113 appendix I). */
  readonly ie: number
  readonly bpl: number
  /** Packet loss after the jitter buffer, percent, and its burst ratio. */
  readonly ppl: number
  readonly burstR: number
  /** Circuit noise, dBm0p, and noise floor at the receive side, dBmp. */
  readonly nc: number
  readonly nfor: number
  /** Room noise at the send and receive side, dB(A). */
  readonly ps: number
  readonly pr: number
  /** Advantage factor. */
  readonly a: number
  /** Delay sensitivity and the shortest delay that people notice, ms. */
  readonly sT: number
  readonly mT: number
}

/** Default values: ITU-T G.107 (06/2015) table 2; they give R = 93.2. */
export const eModelDefaults: EModelParameters = {
  slr: 8,
  rlr: 2,
  stmr: 15,
  lstr: 18,
  ds: 3,
  telr: 65,
  wepl: 110,
  t: 0,
  tr: 0,
  ta: 0,
  qdu: 1,
  ie: 0,
  bpl: 4.3,
  ppl: 0,
  burstR: 1,
  nc: -70,
  nfor: -64,
  ps: 35,
  pr: 35,
  a: 0,
  sT: 1,
  mT: 100,
}
