import type { EpochMs } from '#contracts/call-record.ts'
import type { JsonObject } from './message.ts'
import type { CallDraft, ObserverPlan, StreamDraft } from './plan.ts'
import type { Random } from './random.ts'
import type { StreamTruth } from './truth.ts'

/** One sample to be sent: its event time as the observer's clock has it, and its data beside the ids. */
export interface SampleDraft {
  readonly atMs: EpochMs
  readonly sequence: number
  readonly data: JsonObject
}

/** One stream under one observer's eyes. */
export interface SampledStream {
  readonly draft: CallDraft
  readonly stream: StreamDraft
  readonly plan: ObserverPlan
  readonly random: Random
  readonly tally: StreamTally
}

export interface Amounts {
  readonly ms: number
  readonly received: number
  readonly lost: number
  readonly discarded: number
}

/** Adds up what one observer's samples of one stream must come out as, from the plan, while the samples are made. */
export interface StreamTally {
  /** An interval sample. */
  add(atMs: EpochMs, amounts: Amounts): void
  /** Counters as they stand at a moment, since their epoch began. */
  addCumulative(atMs: EpochMs, epoch: string, totals: Amounts): void
  addWholeCall(atMs: EpochMs, amounts: Amounts): void
  truth(): StreamTruth
  /** Time of the last sample, as the observer states it; 0 before the first. */
  lastMs(): EpochMs
}

/** A cumulative sample counts from the one before it, unless that lies further back than this (docs/architecture.md, promise 2). */
const lookbackMs = 60_000

const nothing: Amounts = { ms: 0, received: 0, lost: 0, discarded: 0 }

export function createStreamTally({ leg, kind, direction }: StreamDraft, plan: ObserverPlan): StreamTally {
  const { observer, view, skewMs = 0 } = plan
  let sums = nothing
  let last = 0
  let samples = 0
  let finer = false
  let wholeCall: Amounts | undefined
  let base: { readonly atMs: EpochMs; readonly epoch: string; readonly totals: Amounts } | undefined

  function note(atMs: EpochMs): void {
    samples++
    last = Math.max(last, atMs + skewMs)
  }

  function add(atMs: EpochMs, amounts: Amounts): void {
    note(atMs)
    finer = true
    sums = plus(sums, amounts)
  }

  function addCumulative(atMs: EpochMs, epoch: string, totals: Amounts): void {
    const before = base
    base = { atMs, epoch, totals }
    note(atMs)
    finer = true
    if (before === undefined || before.epoch !== epoch) return
    if (atMs - before.atMs > lookbackMs || totals.received < before.totals.received) return
    sums = plus(sums, { ...minus(totals, before.totals), ms: atMs - before.atMs })
  }

  function truth(): StreamTruth {
    const counted = finer ? sums : (wholeCall ?? nothing)
    const full = view === 'full'
    return {
      correlationId: leg.correlationId,
      legId: leg.legId,
      kind,
      direction,
      observer,
      scope: finer ? 'interval' : 'call',
      samples,
      measuredMs: counted.ms,
      packetsReceived: full ? counted.received : undefined,
      packetsLost: view === 'video' ? undefined : counted.lost,
      packetsDiscarded: full ? counted.discarded : undefined,
    }
  }

  return {
    add,
    addCumulative,
    addWholeCall(atMs, amounts) {
      note(atMs)
      wholeCall = amounts
    },
    truth,
    lastMs: () => last,
  }
}

const plus = (a: Amounts, b: Amounts): Amounts => ({
  ms: a.ms + b.ms,
  received: a.received + b.received,
  lost: a.lost + b.lost,
  discarded: a.discarded + b.discarded,
})

const minus = (a: Amounts, b: Amounts): Amounts =>
  plus(a, { ms: -b.ms, received: -b.received, lost: -b.lost, discarded: -b.discarded })
