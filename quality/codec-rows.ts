import type { CodecRow } from './codecs.ts'

const g113 = 'ITU-T G.113 appendix I'
const none = undefined
/** Sample-by-sample coders: a "frame" is one sample at 8 kHz. */
const perSample = { frameMs: 0.125, lookaheadMs: 0, packetMs: 20, clockRates: [8000] } as const
const frames20 = { frameMs: 20, lookaheadMs: 0, packetMs: 20, clockRates: [8000] } as const
const amr = { ...frames20, lookaheadMs: 5 } as const

/**
 * G.711 by name is the row without concealment (G.107's default Bpl): a name says nothing about the receiver, and
 * crediting everyone with concealment hid loss in other products. Where concealed samples are reported the receiver
 * does conceal, and the interval is scored by the `concealing` row.
 */
const g711: readonly CodecRow[] = [
  {
    key: 'G.711',
    band: 'N',
    ie: 0,
    bpl: 4.3,
    ...perSample,
    grounded: true,
    source: g113,
    names: [
      'pcmu',
      'pcma',
      'ulaw',
      'alaw',
      'mulaw',
      'g711u',
      'g711a',
      'g711mu',
      'g711ulaw',
      'g711alaw',
      'g711mulaw',
      'g711law',
      'g71164k',
    ],
    concealing: 'G.711+PLC',
  },
  {
    key: 'G.711+PLC',
    band: 'N',
    ie: 0,
    bpl: 25.1,
    ...perSample,
    grounded: true,
    source: `${g113}, concealment of G.711 appendix I`,
    names: ['pcmuplc', 'pcmaplc', 'g711appendixi'],
  },
]

/** Waveform coders without a listed Bpl. RFC 3551: plain "G721" is G.726 at 32 kbit/s. */
const g72x: readonly CodecRow[] = [
  ...([40, 32, 24, 16] as const).map((rate): CodecRow => {
    const ie = { 40: 2, 32: 7, 24: 25, 16: 50 }[rate]
    const names = [`g726${rate}k`, `aal2g726${rate}`, ...(rate === 32 ? ['g726', 'g721'] : [])]
    return {
      key: `G.726-${rate}`,
      band: 'N',
      ie,
      bpl: none,
      ...perSample,
      grounded: true,
      source: g113,
      names,
    }
  }),
  ...(['16', '12.8'] as const).map((rate): CodecRow => {
    const names = rate === '16' ? ['g728'] : []
    const ie = rate === '16' ? 7 : 20
    const key = `G.728-${rate}`
    return {
      key,
      band: 'N',
      ie,
      bpl: none,
      ...perSample,
      frameMs: 0.625,
      grounded: true,
      source: g113,
      names,
    }
  }),
]

/**
 * G.729 and G.723.1 with voice activity detection are what the plain names mean: RFC 4856 has annexb=yes and annexa=yes
 * by default, and 6.3 kbit/s. Bpl is listed for those rows only.
 */
const celp: readonly CodecRow[] = [
  {
    key: 'G.729A annexb=no',
    ...frames20,
    band: 'N',
    ie: 10,
    bpl: none,
    frameMs: 10,
    lookaheadMs: 5,
    grounded: true,
    source: g113,
    names: ['g729annexbno', 'g7298000annexbno', 'g72980001annexbno', 'g729a8000annexbno'],
  },
  {
    key: 'G.729A+VAD',
    ...frames20,
    band: 'N',
    ie: 11,
    bpl: 19,
    frameMs: 10,
    lookaheadMs: 5,
    grounded: true,
    source: g113,
    names: ['g729', 'g729b', 'g729ab', 'g729a', 'g729annexa', 'g729annexb', 'g7298k'],
  },
  ...(['6.3', '5.3'] as const).map((rate): CodecRow => {
    const fast = rate === '6.3'
    return {
      key: fast ? 'G.723.1-6.3+VAD' : 'G.723.1-5.3',
      band: 'N',
      ie: fast ? 15 : 19,
      bpl: fast ? 16.1 : none,
      frameMs: 30,
      lookaheadMs: 7.5,
      packetMs: 30,
      clockRates: [8000],
      grounded: true,
      source: g113,
      names: fast ? ['g723', 'g7231', 'g72363', 'g723163', 'g7231a'] : ['g72353', 'g723153'],
    }
  }),
  {
    key: 'GSM-EFR',
    band: 'N',
    ie: 5,
    bpl: 10,
    ...frames20,
    grounded: true,
    source: g113,
    names: [],
  },
]

/** ITU-T G.113 appendix IV, one-ear listening. Bpl,wb is published for few modes; none is confirmed here. */
const amrWideband: readonly CodecRow[] = (
  [
    ['23.85', 8],
    ['23.05', 1],
    ['19.85', 3],
    ['18.25', 5],
    ['15.85', 7],
    ['14.25', 10],
    ['12.65', 13],
    ['8.85', 26],
    ['6.6', 41],
  ] as const
).map(([rate, ie]) => {
  const digits = rate.replace('.', '')
  const spellings = rate === '6.6' ? ['66', '660', '66k', '660k'] : [digits, `${digits}k`]
  const names = spellings.flatMap((spelling) => [`amrwb${spelling}`, `amrwb16000${spelling}`, `g7222${spelling}`])
  const delays = { ...amr, clockRates: [16_000] }
  return {
    key: `AMR-WB-${rate}`,
    band: 'W',
    ie,
    bpl: none,
    ...delays,
    grounded: true,
    source: 'ITU-T G.113 appendix IV',
    names,
  }
})

/** ITU-T G.113 appendix V, fullband scale. 32 ms algorithmic delay in all: 20 ms frame and 12 ms (3GPP TS 26.445). */
const evsDelays = { ...frames20, lookaheadMs: 12, clockRates: [16_000] } as const
const evs: readonly CodecRow[] = (
  [
    ['48', 10.2, 9.6],
    ['32', 8.7, 9.3],
    ['24.4', 7.2, 11.4],
    ['16.4', 10.8, 10.3],
    ['13.2', 17.1, 11.7],
    ['9.6', 22.7, 13],
  ] as const
).map(([rate, ie, bpl]) => {
  const digits = rate.replace('.', '')
  const names = [`evs${digits}k`, `evsswb${digits}`, `evsswb${digits}k`, `evs16000${digits}`]
  return {
    key: `EVS-${rate}`,
    band: 'F',
    ie,
    bpl,
    ...evsDelays,
    grounded: true,
    source: 'ITU-T G.113 appendix V',
    names,
  }
})

const noValue = { ie: none, bpl: none, grounded: false, source: 'no confirmed value published' } as const

/** Codecs without an official value. Without a MOS they are still judged by what was measured. */
const unconfirmed: readonly CodecRow[] = [
  {
    // 26.5 ms by default: 20 ms frame and 6.5 ms look-ahead (RFC 6716). RTP clock always 48,000 (RFC 7587).
    key: 'Opus',
    band: 'F',
    ie: 10.2,
    bpl: 9.6,
    ...frames20,
    lookaheadMs: 6.5,
    grounded: false,
    source: 'stand-in: EVS 48 kbit/s of ITU-T G.113 appendix V',
    clockRates: [48_000],
    names: [],
  },
  // Samples at 16 kHz, but its RTP clock is 8,000 by an old mistake (RFC 3551 clause 4.5.2); some write the true rate.
  {
    key: 'G.722',
    band: 'W',
    ...noValue,
    ...perSample,
    lookaheadMs: 1.5,
    clockRates: [8000, 16_000],
    names: ['g72264', 'g72264k'],
  },
  { key: 'iLBC', band: 'N', ...noValue, ...frames20, names: ['ilbc20'] },
  { key: 'iLBC-30', band: 'N', ...noValue, ...frames20, frameMs: 30, packetMs: 30, names: [] },
  { key: 'AMR-NB', band: 'N', ...noValue, ...amr, names: ['amr', 'amr122'] },
  // The mode is unstated, and the modes lie 40 points of R apart.
  { key: 'AMR-WB', band: 'W', ...noValue, ...amr, clockRates: [16_000], names: ['g7222'] },
  { key: 'EVS', band: 'F', ...noValue, ...evsDelays, names: ['evsswb'] },
]

/** Every codec known here. One literal list: a new codec is one line of it. */
export const codecRows: readonly CodecRow[] = [...g711, ...g72x, ...celp, ...amrWideband, ...evs, ...unconfirmed]
