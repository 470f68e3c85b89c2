import type { MosBand } from '#contracts/call-record.ts'
import { codecRows } from './codec-rows.ts'
import { type CodecRow, codecDelayMs, findCodec } from './codecs.ts'
import { isExtrapolated, rateNarrowband, rToMos } from './e-model.ts'
import { mosName, rateFullband, rateWidebandListening } from './e-model-bands.ts'
import { assumedJitterBufferMs } from './score-interval.ts'

/** What `mos` is asked. Loss in percent after the jitter buffer; times in milliseconds. */
export interface MosQuestion {
  readonly codec: string
  readonly lossPercent: number
  /** Mean burst length over that of independent losses; 1 where not given. */
  readonly burstRatio?: number | undefined
  readonly roundTripMs?: number | undefined
  /** One-way, mouth to ear. */
  readonly delayMs?: number | undefined
  readonly jitterMs?: number | undefined
}

export interface MosScore {
  /** P.800.1 name, e.g. MOS-CQEN. */
  readonly name: string
  readonly mos: number
  readonly r: number
}

export interface MosAnswer {
  readonly codecRow: string
  readonly band: MosBand
  readonly source: string
  readonly grounded: boolean
  readonly extrapolated: boolean
  readonly listening: MosScore
  /** Undefined without a delay, and for wideband codecs. */
  readonly conversational: MosScore | undefined
  readonly oneWayDelayMs: number | undefined
  /** Every value on the way, by its name in the Recommendation. */
  readonly intermediate: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

export type MosProblem = {
  /** The field at fault, as in MosQuestion. */
  readonly field: keyof MosQuestion
  readonly message: string
}

export type MosResult =
  | { readonly type: 'answer'; readonly answer: MosAnswer }
  | { readonly type: 'problems'; readonly problems: readonly MosProblem[] }

/** Scores one set of network figures by hand, with everything in between. G.107, G.107.1, G.107.2. */
export function calculateMos(question: MosQuestion): MosResult {
  const row = findCodec(question.codec)
  const problems = [...rangeProblems(question), ...codecProblems(question, row)]
  if (problems.length > 0 || row?.ie === undefined) return { type: 'problems', problems }
  const { delayMs, notes: delayNotes } = delayOf(question, row)
  // Without loss Bpl does not matter; without Bpl loss was refused above.
  const loss = { ie: row.ie, bpl: row.bpl ?? 1, ppl: question.lossPercent, burstR: question.burstRatio ?? 1 }
  const extrapolated = isExtrapolated(loss)
  const { key: codecRow, band, source, grounded } = row
  const scores = { N: narrowband, W: wideband, F: fullband }[band](loss, delayMs)
  const notes = [...delayNotes, ...notesOf(row, extrapolated, delayMs)]
  return {
    type: 'answer',
    answer: { codecRow, band, source, grounded, extrapolated, oneWayDelayMs: delayMs, ...scores, notes },
  }
}

type Scores = Pick<MosAnswer, 'listening' | 'conversational' | 'intermediate'>
type Loss = Parameters<typeof rateFullband>[0]

function narrowband(loss: Loss, delayMs: number | undefined): Scores {
  const ta = delayMs ?? 0
  const { mos, r, extrapolated: _, ...parts } = rateNarrowband({ ...loss, ta, t: ta, tr: 2 * ta })
  const heard = rateFor(rateNarrowband(loss))
  return {
    listening: { name: mosName('listening', 'N'), ...heard },
    conversational: delayMs === undefined ? undefined : { name: mosName('conversational', 'N'), mos, r },
    intermediate: { ...parts, r: delayMs === undefined ? heard.r : r },
  }
}

/** Listening leaves Id out: even without delay, Id holds the default listener echo. */
function rateFor({ r, id }: ReturnType<typeof rateNarrowband>): { readonly r: number; readonly mos: number } {
  return { r: r + id, mos: rToMos(r + id) }
}

function wideband(loss: Loss): Scores {
  const { r, mos, ieEff } = rateWidebandListening(loss)
  return {
    listening: { name: mosName('listening', 'W'), mos, r },
    conversational: undefined,
    intermediate: { ro: 129, ieEff, r, rScaled: r / 1.29 },
  }
}

function fullband(loss: Loss, delayMs: number | undefined): Scores {
  const { r, mos, ieEff } = rateFullband(loss)
  const spoken = delayMs === undefined ? undefined : rateFullband(loss, delayMs)
  const last = spoken ?? { r, id: 0 }
  return {
    listening: { name: mosName('listening', 'F'), mos, r },
    conversational:
      spoken === undefined ? undefined : { name: mosName('conversational', 'F'), mos: spoken.mos, r: spoken.r },
    intermediate: { rMax: 148, id: last.id ?? 0, ieEff, r: last.r, rScaled: last.r / 1.48 },
  }
}

function delayOf(
  { delayMs, roundTripMs, jitterMs }: MosQuestion,
  row: CodecRow,
): { readonly delayMs: number | undefined; readonly notes: readonly string[] } {
  if (delayMs !== undefined)
    return {
      delayMs,
      notes: jitterMs === undefined ? [] : ['jitter is not used: the one-way delay given holds the jitter buffer'],
    }
  if (roundTripMs === undefined)
    return {
      delayMs: undefined,
      notes: jitterMs === undefined ? [] : ['jitter is not used: without a delay there is no conversational score'],
    }
  const bufferMs = jitterMs === undefined ? assumedJitterBufferMs : 2 * jitterMs
  const buffer =
    jitterMs === undefined
      ? `jitter buffer assumed at ${assumedJitterBufferMs} ms`
      : 'jitter assumes a buffer of twice the jitter'
  const estimate = `one-way delay estimated: half the round trip, ${codecDelayMs(row)} ms of codec and packet, ${bufferMs} ms of jitter buffer`
  return { delayMs: roundTripMs / 2 + codecDelayMs(row) + bufferMs, notes: [estimate, buffer] }
}

function notesOf(
  { key, grounded, source, band, concealing }: CodecRow,
  extrapolated: boolean,
  delayMs: number | undefined,
): readonly string[] {
  return [
    ...(grounded ? [] : [`not grounded, ${source}: judges no call unless you configure values of your own`]),
    ...(extrapolated
      ? ['extrapolated: the formula is stated for a burst ratio of at most 2 where loss is 2 % or more']
      : []),
    ...(concealing === undefined
      ? []
      : [`without loss concealment; for a receiver that conceals use --codec ${concealing}`]),
    ...(key.endsWith('+VAD') ? ['with voice activity detection, the RTP default (RFC 4856)'] : []),
    ...(band === 'W' && delayMs !== undefined
      ? ['no conversational score: the wideband delay terms are not implemented']
      : []),
  ]
}

function rangeProblems(question: MosQuestion): readonly MosProblem[] {
  const ranges = {
    lossPercent: [0, 100],
    burstRatio: [0.01, 100],
    roundTripMs: [0, 60_000],
    delayMs: [0, 60_000],
    jitterMs: [0, 10_000],
  } as const
  const fields = Object.keys(ranges) as (keyof typeof ranges)[]
  const outside = fields.flatMap((field): readonly MosProblem[] => {
    const [least, most] = ranges[field]
    const value = question[field]
    if (value === undefined || (value >= least && value <= most)) return []
    return [{ field, message: `${field} is ${value}; give a number from ${least} to ${most}` }]
  })
  const twice = question.delayMs !== undefined && question.roundTripMs !== undefined
  return twice
    ? [...outside, { field: 'roundTripMs', message: 'roundTripMs and delayMs are both given; give one of them' }]
    : outside
}

function codecProblems({ codec, lossPercent }: MosQuestion, row: CodecRow | undefined): readonly MosProblem[] {
  const usable = codecRows.filter(({ ie }) => ie !== undefined).map(({ key }) => key)
  if (row === undefined)
    return [{ field: 'codec', message: `codec "${codec}" is unknown; known are ${usable.join(', ')}` }]
  if (row.ie === undefined)
    return [
      {
        field: 'codec',
        message: `${row.key} has no confirmed value; name a mode with one, such as ${nearest(row, usable)}`,
      },
    ]
  if (row.bpl === undefined && lossPercent > 0) {
    return [
      {
        field: 'lossPercent',
        message: `${row.key} has no published loss robustness (Bpl), so it cannot be scored under loss; use a loss of 0 or another codec`,
      },
    ]
  }
  return []
}

function nearest({ key }: CodecRow, usable: readonly string[]): string {
  return usable.filter((other) => other.startsWith(key)).join(', ') || usable.join(', ')
}
