import type { EpochMs } from '#contracts/call-record.ts'
import type { Condition, StreamDraft } from './plan.ts'
import type { Random } from './random.ts'
import { type CodecFacts, packetsPerSecond } from './world.ts'

/** Counts of one stretch of a stream. */
export interface Counts {
  received: number
  lost: number
  discarded: number
  samples: number
  concealed: number
  silentConcealed: number
}

export interface Measured extends Counts {
  /** The condition that held for the most part. */
  readonly condition: Condition
}

/**
 * A quiet network. Loss of one packet in a long interval stays under 1 %, jitter under 15 ms and round trip under
 * 130 ms: good by every rule of the default profile, by the MOS of every planted codec too.
 */
export function healthyCondition(random: Random, roundTripMs: number): Condition {
  return {
    loss: 0,
    discard: 0,
    jitterMs: random.between(1.5, 9),
    roundTripMs: roundTripMs + random.between(4, 30),
    concealed: 0.002,
    jitterBufferMs: random.between(20, 45),
    stray: 0.15,
    silent: false,
    muted: false,
    limitation: 'none',
  }
}

/** Under this many packets a single lost one is already 2 %: degraded. Short intervals of a quiet network lose none. */
const minPacketsForStray = 200

/** What the stream did from one moment to the next, drawn afresh for each observer: no two see quite the same. */
export function measure(
  stream: StreamDraft,
  codec: CodecFacts,
  fromMs: EpochMs,
  toMs: EpochMs,
  random: Random,
): Measured {
  const counts: Counts = { received: 0, lost: 0, discarded: 0, samples: 0, concealed: 0, silentConcealed: 0 }
  let longestMs = -1
  let condition = stream.baseline
  for (const piece of pieces(stream, fromMs, toMs)) {
    addPiece(counts, piece.condition, piece.toMs - piece.fromMs, codec, random)
    if (piece.toMs - piece.fromMs <= longestMs) continue
    longestMs = piece.toMs - piece.fromMs
    condition = piece.condition
  }
  return { ...counts, condition }
}

interface Piece {
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  readonly condition: Condition
}

/** The stretch cut at the borders of segments. */
function pieces({ baseline, segments }: StreamDraft, fromMs: EpochMs, toMs: EpochMs): readonly Piece[] {
  const touching = segments.filter((segment) => segment.fromMs < toMs && segment.toMs > fromMs)
  if (touching.length === 0) return [{ fromMs, toMs, condition: baseline }]
  const borders = touching.flatMap((segment) => [segment.fromMs, segment.toMs]).filter((at) => at > fromMs && at < toMs)
  const cuts = [...new Set([fromMs, ...borders, toMs])].sort((a, b) => a - b)
  return cuts.slice(1).map((end, at) => {
    const start = cuts[at] ?? fromMs
    const holding = touching.filter((segment) => segment.fromMs <= start && segment.toMs >= end)
    return { fromMs: start, toMs: end, condition: Object.assign({}, baseline, ...holding.map(({ change }) => change)) }
  })
}

function addPiece(counts: Counts, condition: Condition, ms: number, codec: CodecFacts, random: Random): void {
  const samples = Math.round((ms * codec.samplesPerSecond) / 1_000)
  counts.samples += samples
  if (condition.silent) return
  const packets = Math.max(1, Math.floor((ms * packetsPerSecond) / 1_000 + random.next()))
  const stray = packets >= minPacketsForStray && random.chance(condition.stray) ? 1 : 0
  const lost = Math.min(packets, share(packets, condition.loss, random) + stray)
  const received = packets - lost
  const strayLate = packets >= minPacketsForStray && random.chance(condition.stray / 2) ? 1 : 0
  counts.lost += lost
  counts.received += received
  counts.discarded += Math.min(received, share(packets, condition.discard, random) + strayLate)
  const concealed = share(samples, condition.concealed, random)
  counts.concealed += concealed
  counts.silentConcealed += Math.floor(concealed * 0.3 * condition.concealed)
}

/** A planned share of a count, a tenth more or less: what noise there is must not carry a value over a limit. */
const share = (count: number, planned: number, random: Random): number =>
  planned === 0 ? 0 : Math.round(count * planned * random.between(0.9, 1.1))
