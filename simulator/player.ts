import type { EpochMs } from '#contracts/call-record.ts'
import { type PlayedCall, playCall } from './call.ts'
import { createTotals } from './call-totals.ts'
import { deliveriesOf } from './delivery.ts'
import type { Emission, MessageEmission, Source } from './emission.ts'
import { createTimeHeap } from './heap.ts'
import type { SimulatedMessage } from './message.ts'
import { platformNoise } from './noise.ts'
import { createOtlpBatcher } from './otlp.ts'
import type { CallDraft } from './plan.ts'
import { createPoisoner } from './poison.ts'
import type { Random } from './random.ts'
import type { CallTruth, TrafficTotals } from './truth.ts'

export interface PlayerOptions {
  readonly random: Random
  /** Share of malformed messages. */
  readonly poison: number
  readonly startMs: EpochMs
  readonly onCall: (truth: CallTruth) => void
}

/** Tells many calls at once, in the order in which their messages reach the log. */
export interface Player {
  /** `drafts` in order of arrival, endless if need be. */
  play(drafts: Iterable<CallDraft>): Generator<SimulatedMessage>
  totals(): TrafficTotals
}

/** A call being told: gone from memory when its last source is exhausted. */
interface OpenCall {
  readonly draft: CallDraft
  readonly played: PlayedCall
  sourcesLeft: number
}

interface OpenSource {
  readonly call: OpenCall
  readonly source: Source
  readonly random: Random
  next: Emission
}

type Waiting =
  | { readonly type: 'source'; readonly open: OpenSource }
  | { readonly type: 'due'; readonly emission: Emission }

const eventHeaders = { 'content-type': 'application/cloudevents+json' } as const

export function createPlayer({ random, poison, startMs, onCall }: PlayerOptions): Player {
  const waiting = createTimeHeap<Waiting>()
  const totals = createTotals()
  const batchers = { log: createOtlpBatcher('log'), span: createOtlpBatcher('span') }
  const poisoner = createPoisoner({ random: random.fork('poison'), share: poison })
  const noise = platformNoise(startMs, random.fork('noise'))

  function open(draft: CallDraft): void {
    totals.opened()
    const played = playCall(draft)
    const call: OpenCall = { draft, played, sourcesLeft: played.sources.length }
    for (const [at, source] of played.sources.entries()) advance(call, source, draft.random.fork(`delivery-${at}`))
  }

  /** Puts the source back to wait for its next emission, or closes it. */
  function advance(call: OpenCall, source: Source, sourceRandom: Random): void {
    const { value, done } = source.next() as IteratorResult<Emission>
    if (done !== true) {
      const item: Waiting = { type: 'source', open: { call, source, random: sourceRandom, next: value } }
      waiting.push(Math.max(value.atMs, call.draft.arrivalMs), item)
      return
    }
    call.sourcesLeft--
    if (call.sourcesLeft > 0) return
    const truth = call.played.truth()
    totals.closed(truth)
    onCall(truth)
  }

  function send({ call, source, random: sourceRandom, next }: OpenSource): void {
    const dues = deliveriesOf(next, call.draft, sourceRandom)
    totals.duplicated(dues.length - 1)
    for (const dueMs of dues) waiting.push(dueMs, { type: 'due', emission: next })
    advance(call, source, sourceRandom)
  }

  function* deliver(emission: Emission, dueMs: EpochMs): Generator<SimulatedMessage> {
    if (emission.kind !== 'message') {
      const full = batchers[emission.kind].add(emission, dueMs)
      if (full !== undefined) yield full
      return
    }
    yield messageOf(emission, dueMs)
    const spoilt = poisoner.spoil(emission, dueMs)
    if (spoilt !== undefined) yield spoilt
  }

  /** Batches that have waited long enough, and what the services say beside the calls. */
  function* meanwhile(nowMs: EpochMs): Generator<SimulatedMessage> {
    for (const emission of noise.until(nowMs)) {
      totals.beside(emission)
      const full = batchers[emission.kind].add(emission, nowMs)
      if (full !== undefined) yield full
    }
    for (const batcher of [batchers.log, batchers.span]) {
      const batch = batcher.due(nowMs)
      if (batch !== undefined) yield { ...batch, dueMs: nowMs }
    }
  }

  function* everything(drafts: Iterable<CallDraft>): Generator<SimulatedMessage> {
    let lastMs = startMs
    for (const draft of drafts) {
      yield* until(draft.arrivalMs)
      open(draft)
    }
    yield* until(Number.POSITIVE_INFINITY)
    for (const batcher of [batchers.log, batchers.span]) {
      const batch = batcher.flush(lastMs)
      if (batch !== undefined) yield batch
    }

    function* until(limitMs: EpochMs): Generator<SimulatedMessage> {
      for (;;) {
        const atMs = waiting.peekMs()
        if (atMs === undefined || atMs >= limitMs) return
        lastMs = atMs
        yield* meanwhile(atMs)
        const item = waiting.pop()?.item
        if (item?.type === 'source') send(item.open)
        else if (item?.type === 'due') yield* deliver(item.emission, atMs)
      }
    }
  }

  return {
    *play(drafts) {
      for (const message of everything(drafts)) {
        totals.sent()
        yield message
      }
    },
    totals: () => totals.read(poisoner.planted()),
  }
}

const messageOf = ({ topic, key, value, atMs }: MessageEmission, dueMs: EpochMs): SimulatedMessage => ({
  topic,
  key,
  headers: eventHeaders,
  value,
  atMs,
  dueMs,
})
